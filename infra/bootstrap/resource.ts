import type { Command } from '../runbook/command.ts'
import type { Run } from '../runbook/run.ts'
import type { EdgeEnvironment } from '../src/check/edge-drift.ts'
import type { TeamSettings } from '../src/team.ts'

export type Setting = string | number | boolean | readonly string[]
/** Settings of a resource by name. A secret is told in words, never by its value. */
export type Settings = Readonly<Record<string, Setting>>

/**
 * One thing that a stage needs in a cloud, and whose settings are known here. Resources stand in the order in which
 * they are made; a later one finds the facts of earlier ones in the run (`run.fact`).
 */
export interface Resource {
  readonly name: string
  /**
   * Settings that are there now, by the names that `wanted` uses. Changes nothing.
   * @returns undefined when it is not there
   * @throws {Waits} when it cannot be known yet
   */
  readonly read: (setup: Setup) => Promise<Settings | undefined>
  /** @throws {Waits} when something that is not made here must be there first */
  readonly wanted: (setup: Setup) => Settings | Promise<Settings>
  readonly make: Change
  /** @default `make` */
  readonly mend?: Change
  /** Time in which a change must be seen. @default one minute */
  readonly seenWithinMs?: number
}

type Change = (setup: Setup, wanted: Settings) => readonly Command[] | Promise<readonly Command[]>

/** Settings and clients that the resources of one stage are made from. */
export interface Setup {
  readonly run: Run
  readonly team: TeamSettings
  /** Token that reads the edge's data points. @default the stage keeps the one that it has */
  readonly analyticsToken?: string | undefined
  /** The stage's environment in `edge/wrangler.jsonc`, read again: one resource writes to it. */
  readonly edge: () => EdgeEnvironment
  /** A run against another region of the account. */
  readonly inRegion: (region: string) => Run
}

/** Something must happen first that no resource does, in words for the person who does it. */
export class Waits extends Error {
  override readonly name = 'Waits'
}
