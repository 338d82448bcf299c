import type { RequestControl } from '../policy/request-control.ts'
import type { CacheCall } from './cache-call.ts'
import type { Flight } from './flights.ts'

/** One reader on the way through the cache. */
export interface Visit {
  readonly call: CacheCall
  readonly control: RequestControl
  readonly arrivedAtMs: number
  /** Waits in vain so far. */
  turn: number
}

/** Whether a fetch under way can bring what this reader may have. */
export function canUse({ startedAtMs }: Flight, visit: Visit): boolean {
  const { notBeforeMs } = visit.call
  if (notBeforeMs !== undefined && startedAtMs <= notBeforeMs) return false
  const { noCache, maxAgeSeconds } = visit.control
  // RFC 9111 §5.2.1: one that began before this reader came confirms nothing for it.
  const ageMsMax = noCache ? 0 : (maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
  return visit.arrivedAtMs - startedAtMs <= ageMsMax
}
