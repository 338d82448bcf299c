import { messageOf } from '@spillway/origin/dev/message-of'
import { type Command, shown } from './command.ts'
import { type Performer, perform } from './perform.ts'
import type { Run } from './run.ts'
import { type Condition, Harm, Refusal, type Runbook, type Step } from './runbook.ts'
import { underWatch } from './watch.ts'

export interface Terminal extends Performer {
  /** Asks the person for one of the words' first letters. */
  readonly choose: (question: string) => Promise<string>
  readonly sleep: (ms: number) => Promise<void>
  readonly nowMs: () => number
  /** Aborted by Ctrl-C: the run stops before the next step. */
  readonly stop: AbortSignal
}

export type Mode = 'plan' | 'ask' | 'yes'

/** A step that has changed something, with what takes it back. */
interface Done {
  readonly step: Step
  readonly undo: readonly Command[] | string
}

/**
 * Runs a runbook, or prints what it would do.
 * @returns whether it came to its end
 */
export async function runRunbook(
  runbook: Runbook,
  run: Run,
  mode: Mode,
  terminal: Terminal,
): Promise<boolean> {
  const { print } = terminal
  print(`${runbook.name}, stage ${run.stage}, region ${run.region}\n${runbook.when}`)
  if (runbook.about !== undefined) print(runbook.about)
  const done: Done[] = []
  for (const [index, step] of [undefined, ...runbook.steps].entries()) {
    try {
      if (terminal.stop.aborted) throw new Refusal('stopped by Ctrl-C')
      if (step === undefined) await look(runbook, run)
      else if (mode === 'plan') await printStep(index, step, run, print)
      else await takeStep(index, step, run, { mode, terminal, done })
    } catch (error) {
      print(`✗ ${messageOf(error)}`)
      if (error instanceof Harm) {
        await takeBackHarm(step === undefined ? undefined : lastOf(done, step, run), terminal)
      }
      await reportRest(runbook, index, done, { mode, terminal })
      return false
    }
  }
  if (mode !== 'plan' && runbook.result !== undefined) print(runbook.result(run))
  print(mode === 'plan' ? '\nNothing was changed.' : `\n✓ done. ${runbook.after}`)
  return true
}

async function look({ database, look: reads }: Runbook, run: Run): Promise<void> {
  const { kind } = run.config.database
  if (database !== undefined && database !== kind) {
    throw new Refusal(
      `the database of ${run.stage} is ${kind}, but this runbook is for ${database}: ask its operator`,
    )
  }
  await reads?.(run)
}

const title = (index: number, step: Step) => `\n${index}. ${step.say}`

async function printStep(index: number, step: Step, run: Run, print: (text: string) => void): Promise<void> {
  print(title(index, step))
  if (step.precondition !== undefined) {
    run.unknown.clear()
    const missing = await step.precondition.missing(run).catch(unlessUnknown(run))
    const isKnown = run.unknown.size === 0
    print(
      `   first: ${step.precondition.say}${isKnown ? (missing === undefined ? ' (holds)' : `: ✗ ${missing}`) : ''}`,
    )
  }
  run.unknown.clear()
  const commands = await Promise.resolve(step.commands(run)).catch(unlessUnknown(run))
  for (const command of commands ?? []) print(`   $ ${shown(command)}`)
  if (commands?.length === 0) print('   nothing to do: it is so already')
  print(`   check: ${step.check.say}`)
  const undo = step.undo(run)
  print(
    typeof undo === 'string' ? `   undo: ${undo}` : undo.map((each) => `   undo: ${shown(each)}`).join('\n'),
  )
}

/** A look that fails because an earlier step has not found its fact yet tells nothing. */
const unlessUnknown =
  (run: Run) =>
  (error: unknown): undefined => {
    if (run.unknown.size === 0) throw error
  }

async function takeStep(
  index: number,
  step: Step,
  run: Run,
  { mode, terminal, done }: { readonly mode: Mode; readonly terminal: Terminal; readonly done: Done[] },
): Promise<void> {
  const { print } = terminal
  print(title(index, step))
  const commands = await step.commands(run)
  if (commands.length === 0) {
    print('   nothing to do: it is so already')
  } else {
    // A condition of the change: where there is nothing to change, it may not hold any more.
    if (step.precondition !== undefined) await hold(step.precondition, run, terminal)
    for (const command of commands) print(`   $ ${shown(command)}`)
    if (mode === 'ask') {
      const answer = await terminal.choose('   run it? [y]es, [s]kip, [q]uit ')
      if (answer.startsWith('s')) return
      if (!answer.startsWith('y')) throw new Refusal('you answered no')
    }
    // Decided before the change, which may hide what was there.
    const undo = step.undo(run)
    done.push({ step, undo })
    await underWatch(step, run, terminal, async () => {
      for (const command of commands) await perform(command, terminal)
    })
  }
  await hold(step.check, run, terminal)
  print(`   ✓ ${step.check.say}`)
}

/**
 * Looks in a row that may fail while a condition is awaited: a cloud that does not answer once tells nothing of the
 * change.
 */
const blindMax = 3

/** @throws {Refusal} when the condition does not hold, or not in time */
async function hold(
  { say, missing, harm, withinMs = 0, everyMs = Math.max(5_000, withinMs / 120) }: Condition,
  run: Run,
  terminal: Terminal,
): Promise<void> {
  const deadline = terminal.nowMs() + withinMs
  let blind = 0
  const look = async (): Promise<string | undefined> => {
    try {
      const hurts = await harm?.(run)
      if (hurts !== undefined) throw new Harm(hurts)
      const words = await missing(run)
      blind = 0
      return words
    } catch (error) {
      blind += 1
      const isFinal = error instanceof Harm || error instanceof Refusal
      if (isFinal || withinMs === 0 || blind >= blindMax) throw error
      return `cannot look: ${messageOf(error)}`
    }
  }
  for (let said = ''; ; ) {
    const words = await look()
    if (words === undefined) return
    if (terminal.nowMs() >= deadline) throw new Refusal(`not done in time: ${say}: ${words}`)
    if (terminal.stop.aborted) throw new Refusal(`stopped by Ctrl-C while waiting: ${words}`)
    if (words !== said) terminal.print(`   … ${words}`)
    said = words
    await terminal.sleep(everyMs)
  }
}

/** Tells what is done, what is not, and how to take it back; offers to do that to a person who is asked anyway. */
async function reportRest(
  runbook: Runbook,
  failedAt: number,
  done: readonly Done[],
  { mode, terminal }: { readonly mode: Mode; readonly terminal: Terminal },
): Promise<void> {
  const { print } = terminal
  if (mode === 'plan') return
  const rest = runbook.steps.slice(Math.max(0, failedAt - 1))
  print(`\nNot done: ${rest.length === 0 ? 'nothing' : rest.map(({ say }) => say).join('; ')}.`)
  if (done.length === 0) return print('Nothing was changed.')
  print('Changed, perhaps in part, the last first; to take it back:')
  const backwards = done.toReversed()
  for (const { step, undo } of backwards) {
    print(`  ${step.say}`)
    print(typeof undo === 'string' ? `    ${undo}` : undo.map((each) => `    $ ${shown(each)}`).join('\n'))
  }
  print('The same command runs the runbook again from where it was.')
  if (mode !== 'ask') return
  if (!(await terminal.choose('take it back now? [y]es, [n]o ')).startsWith('y')) return
  await takeBack(backwards, terminal)
  print('✓ taken back')
}

/** The step as it was done, by this run or by one that was cut off before its check. */
function lastOf(done: Done[], step: Step, run: Run): Done {
  const index = done.findIndex((each) => each.step === step)
  const [last] = index < 0 ? [] : done.splice(index, 1)
  return last ?? { step, undo: step.undo(run) }
}

async function takeBackHarm(harmful: Done | undefined, terminal: Terminal): Promise<void> {
  if (harmful === undefined) return
  if (typeof harmful.undo === 'string') return terminal.print(`It cannot be taken back: ${harmful.undo}`)
  try {
    await takeBack([harmful], terminal)
    terminal.print('Taken back by itself: nobody was asked, since it does harm.')
  } catch (error) {
    terminal.print(`✗ It could not be taken back: ${messageOf(error)}`)
  }
}

async function takeBack(backwards: readonly Done[], terminal: Terminal): Promise<void> {
  for (const { undo } of backwards) {
    for (const command of typeof undo === 'string' ? [] : undo) {
      terminal.print(`  $ ${shown(command)}`)
      await perform(command, terminal)
    }
  }
}
