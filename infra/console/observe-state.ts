import { parseLog } from '../why/edge-log.ts'
import { observe, type Places } from '../why/observe.ts'
import { readTail } from './read-tail.ts'
import { type ConsoleState, consoleState } from './state.ts'

const seconds = 60

/** Time between the two scrapes of each origin, in ms. */
const scrapesMs = 1_000

/** Longest part of the edge's log that is read: about a minute of a line for each second and of refusals. */
const logBytesMax = 1_000_000

/** Observes a stack. Takes about a second. */
export async function observeState(places: Places): Promise<ConsoleState> {
  const signs = await observe(places, { windowMs: seconds * 1_000, scrapesMs })
  const lines = parseLog(await readTail(places.edgeLog, logBytesMax))
  return consoleState(signs, lines, { nowMs: Date.now(), seconds })
}
