import { once } from 'node:events'
import { messageOf } from '@spillway/origin/dev/message-of'
import { type Command, shown } from './command.ts'
import { type Performer, perform } from './perform.ts'
import type { Run } from './run.ts'
import { Refusal, type Step } from './runbook.ts'

/** As much of a terminal as a watch needs. */
interface WatchingTerminal extends Performer {
  readonly sleep: (ms: number) => Promise<void>
  readonly stop: AbortSignal
}

/**
 * Changes something while the step's watch looks at it.
 *
 * @throws {Refusal} with the reason of the watch, if it has stopped the change; the change's own otherwise
 */
export async function underWatch(
  { meanwhile }: Step,
  run: Run,
  terminal: WatchingTerminal,
  change: () => Promise<void>,
): Promise<void> {
  if (meanwhile === undefined) return change()
  const ended = new AbortController()
  const end = once(ended.signal, 'abort')
  const changing = change().finally(() => ended.abort())
  const watching = (async () => {
    for (;;) {
      await Promise.race([terminal.sleep(meanwhile.everyMs), end])
      // After a Ctrl-C nothing sleeps any more: the clouds' own alarms go on watching.
      if (ended.signal.aborted || terminal.stop.aborted) return undefined
      const hurts = await meanwhile.harm(run).catch((error) => {
        // The next look may see again; the clouds' own alarms watch meanwhile.
        terminal.print(`   … cannot look: ${messageOf(error)}`)
        return undefined
      })
      if (hurts === undefined || ended.signal.aborted) continue
      terminal.print(`   ✗ ${hurts}`)
      return (await isStopped(meanwhile.stop(run), terminal)) ? hurts : undefined
    }
  })()
  const [changed, watched] = await Promise.allSettled([changing, watching])
  const hurts = watched.status === 'fulfilled' ? watched.value : undefined
  if (hurts !== undefined) throw new Refusal(`stopped, and rolled back by the cloud: ${hurts}`)
  if (changed.status === 'rejected') throw changed.reason
  if (watched.status === 'rejected') throw watched.reason
}

/** Stops a change. One that has just ended cannot be stopped any more: the check of its step finds the harm then. */
async function isStopped(commands: readonly Command[], terminal: Performer): Promise<boolean> {
  try {
    for (const command of commands) {
      terminal.print(`   $ ${shown(command)}`)
      await perform(command, terminal)
    }
    return true
  } catch (error) {
    terminal.print(`   ✗ not stopped: ${messageOf(error)}`)
    return false
  }
}
