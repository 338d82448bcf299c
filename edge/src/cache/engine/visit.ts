import type { RequestControl } from '../policy/request-control.ts'
import type { CacheCall } from './cache-call.ts'
import type { Flight } from './flights.ts'

/** One request on its way through the cache. */
export interface Visit {
  readonly call: CacheCall
  readonly control: RequestControl
  readonly arrivedAtMs: number
  /** Number of waits in vain so far. */
  turn: number
}

/** Whether the current fetch can bring an answer that this reader may use. */
export function canUse({ startedAtMs }: Flight, visit: Visit): boolean {
  const { notBeforeMs } = visit.call
  if (notBeforeMs !== undefined && startedAtMs <= notBeforeMs) return false
  const { noCache, maxAgeSeconds } = visit.control
  // RFC 9111 §5.2.1: a fetch that began before this reader came validates nothing for it.
  const ageMsMax = noCache ? 0 : (maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
  return visit.arrivedAtMs - startedAtMs <= ageMsMax
}
