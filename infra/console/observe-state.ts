import { observe, type Places } from '../why/observe.ts'
import { type ConsoleState, consoleState } from './state.ts'

const seconds = 60

/** Time between the two scrapes of each origin, in ms. */
const scrapesMs = 1_000

/** Observes a stack. Takes about a second. */
export async function observeState(places: Places): Promise<ConsoleState> {
  const { signs, lines } = await observe(places, { windowMs: seconds * 1_000, scrapesMs })
  return consoleState(signs, lines, { nowMs: Date.now(), seconds })
}
