import { messageOf } from '@spillway/origin/dev/message-of'
import { type Command, shown } from '../runbook/command.ts'
import { perform } from '../runbook/perform.ts'
import { Refusal } from '../runbook/runbook.ts'
import type { Mode, Terminal } from '../runbook/runner.ts'
import { type Resource, type Setup, Waits } from './resource.ts'
import { compare, line, type State } from './state.ts'

/** `whole`: everything is as wanted. `partial`: something differs or waits. `failed`: it stopped at a mistake. */
export type Outcome = 'whole' | 'partial' | 'failed'

/**
 * Compares each resource with what is wanted, and makes or mends it unless it is only planned. Each is read back after
 * its change and stays whatever happens later, so a second run goes on where the first has stopped.
 */
export async function bootstrap(
  resources: readonly Resource[],
  setup: Setup,
  mode: Mode,
  terminal: Terminal,
): Promise<Outcome> {
  const { print } = terminal
  const { run } = setup
  print(`bootstrap, stage ${run.stage}, region ${run.region}`)
  const counts = { same: 0, missing: 0, differs: 0, waits: 0, failed: 0 }
  const changed: string[] = []
  for (const resource of resources) {
    try {
      if (terminal.stop.aborted) throw new Refusal('stopped by Ctrl-C')
      const state = await stateOf(resource, setup)
      print(line(resource.name, state))
      if (mode === 'plan' || state.kind === 'same' || state.kind === 'waits') {
        counts[state.kind] += 1
        if (mode === 'plan') await plan(resource, state, setup, print)
        continue
      }
      const after = (await change(resource, state, setup, { mode, terminal })) ? 'same' : state.kind
      counts[after] += 1
      if (after === 'same') changed.push(resource.name)
    } catch (error) {
      print(`✗ ${resource.name}: ${messageOf(error)}`)
      counts.failed += 1
      // A plan shows all that it can. A change may need the one that has failed.
      if (mode === 'plan') continue
      print(`Changed before: ${changed.join(', ') || 'nothing'}. The same command goes on from here.`)
      return 'failed'
    }
  }
  const { same, missing, differs, waits, failed } = counts
  const open = [`${missing} not there`, `${differs} differ`, `${waits} wait`, `${failed} unreadable`]
  print(
    `\n${same} of ${resources.length} are as wanted; ${open.filter((words) => !words.startsWith('0')).join(', ') || 'nothing is left'}.`,
  )
  print(
    mode === 'plan' || changed.length === 0 ? 'Nothing was changed.' : `✓ changed: ${changed.join(', ')}.`,
  )
  if (failed > 0) return 'failed'
  return missing + differs + waits === 0 ? 'whole' : 'partial'
}

export async function stateOf(resource: Resource, setup: Setup): Promise<State> {
  try {
    const wanted = await resource.wanted(setup)
    return compare(await resource.read(setup), wanted)
  } catch (error) {
    if (error instanceof Waits) return { kind: 'waits', words: error.message }
    throw error
  }
}

const commandsFor = async (resource: Resource, state: State, setup: Setup): Promise<readonly Command[]> => {
  const to = state.kind === 'missing' ? resource.make : (resource.mend ?? resource.make)
  return to(setup, await resource.wanted(setup))
}

async function plan(
  resource: Resource,
  state: State,
  setup: Setup,
  print: (text: string) => void,
): Promise<void> {
  if (state.kind === 'same' || state.kind === 'waits') return
  for (const command of await commandsFor(resource, state, setup)) print(`    $ ${shown(command)}`)
}

/** @returns whether it was made; not when the person skips it */
async function change(
  resource: Resource,
  state: State,
  setup: Setup,
  { mode, terminal }: { readonly mode: Mode; readonly terminal: Terminal },
): Promise<boolean> {
  const { print } = terminal
  const commands = await commandsFor(resource, state, setup)
  for (const command of commands) print(`    $ ${shown(command)}`)
  if (mode === 'ask') {
    const answer = await terminal.choose('    run it? [y]es, [s]kip, [q]uit ')
    if (answer.startsWith('s')) return false
    if (!answer.startsWith('y')) throw new Refusal('you answered no')
  }
  for (const command of commands) await perform(command, terminal)
  const deadline = terminal.nowMs() + (resource.seenWithinMs ?? 60_000)
  for (;;) {
    const after = await stateOf(resource, setup)
    if (after.kind === 'same') return true
    if (terminal.nowMs() >= deadline)
      throw new Refusal(`not as wanted after the change: ${line(resource.name, after)}`)
    if (terminal.stop.aborted) throw new Refusal('stopped by Ctrl-C while the change is not seen yet')
    await terminal.sleep(5_000)
  }
}
