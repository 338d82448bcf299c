import type { Command } from './command.ts'
import type { Run } from './run.ts'

export { Refusal } from './refusal.ts'

/**
 * A runbook is data: what the person sees who needs it, and steps that a program can print, run and check. Each file of
 * `infra/runbooks/` is one. Steps may be run again after a run that was cut off: commands of an effect that is there
 * already are none.
 */
export interface Runbook {
  readonly name: string
  /** Symptom or occasion, in the words of the person who looks for help. */
  readonly when: string
  /** Facts to know before the start: what it costs, what it does not do. */
  readonly about?: string
  /** Kind of database that it is for. @default any */
  readonly database?: 'documentdb'
  readonly inputs?: Readonly<Record<string, Input>>
  /** Reads what the steps depend on. It changes nothing, so `--plan` runs it too. */
  readonly look?: (run: Run) => Promise<void>
  readonly steps: readonly Step[]
  /** Figures to expect on the dashboard, and work that may be left. */
  readonly after: string
  /** Facts that the run has found out, for a runbook that looks. */
  readonly result?: (run: Run) => string
}

/** A value that the person gives: `--name value`; a secret comes from the environment or the terminal instead. */
export interface Input {
  readonly says: string
  readonly pattern: RegExp
  /** @default the input is required */
  readonly default?: string
  /** Environment variable of a secret, which has no option: the list of processes would show it. */
  readonly secretIn?: string
}

export interface Step {
  /** An imperative sentence. */
  readonly say: string
  readonly precondition?: Condition
  /** None where the effect is there already. */
  readonly commands: (run: Run) => readonly Command[] | Promise<readonly Command[]>
  readonly check: Condition
  /** Watches the change while its commands run. */
  readonly meanwhile?: Watch
  /** Commands that take the step back, decided before it changes anything; or why there are none. */
  readonly undo: (run: Run) => readonly Command[] | string
}

export interface Condition {
  readonly say: string
  /** @returns what is missing, in words; undefined when the condition holds */
  readonly missing: (run: Run) => Promise<string | undefined>
  /** Time in which the condition must become true. @default it must hold at once */
  readonly withinMs?: number
  /** Time between two looks. @default a 120th of that time, and at least 5 s */
  readonly everyMs?: number
  /**
   * Watches the change meanwhile.
   *
   * @returns why the step is taken back at once, without a question; undefined while there is no reason
   */
  readonly harm?: (run: Run) => Promise<string | undefined>
}

/** A look at a change that takes long. */
export interface Watch {
  readonly everyMs: number
  /** @returns why the change is stopped; undefined while there is no reason */
  readonly harm: (run: Run) => Promise<string | undefined>
  /** Commands that stop it: the clouds then take it back by themselves, and its own command fails. */
  readonly stop: (run: Run) => readonly Command[]
}

/** A step that does harm: it is taken back by itself. */
export class Harm extends Error {
  override readonly name = 'Harm'
}
