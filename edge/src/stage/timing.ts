import { headers as names } from '@spillway/origin/contract'
import type { Config } from '../config.ts'
import type { Exchange } from '../exchange.ts'
import type { RequestHead } from '../http/request-headers.ts'

export const wantsTiming = ({ headers }: RequestHead, when: Config['serverTiming']): boolean =>
  when === 'always' || (when === 'on-request' && headers.get(names.timing) === '1')

/**
 * `Server-Timing` (W3C, §3), ms. `edge` is the total here. If the origin was asked: `before` is the time until a slot
 * was asked for, `slot` the wait for one, and `origin` the last attempt, of which the origin's own parts follow.
 */
export function serverTiming(exchange: Exchange, nowMs: number): string {
  const { arrivedAtMs, originAttempt, originMs, originTiming, slotMs } = exchange
  const edge = `edge;dur=${nowMs - arrivedAtMs}`
  if (originMs === undefined || originAttempt === undefined) return edge
  const beforeMs = originAttempt.startedAtMs - arrivedAtMs - slotMs
  const asked = `${edge}, before;dur=${beforeMs}, slot;dur=${slotMs}, origin;dur=${originMs}`
  return originTiming === null ? asked : `${asked}, ${originTiming}`
}
