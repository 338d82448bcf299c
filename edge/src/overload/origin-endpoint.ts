import type { OriginGate } from './origin-gate.ts'
import type { Permit } from './permit.ts'

/** An origin, or one of several ways to it, and what this isolate knows of its health. */
export interface OriginEndpoint {
  /** Base URL without a trailing slash. */
  readonly url: string
  /** Endpoints of one rank share the requests; a higher rank is used only when every lower one is down. */
  readonly rank: number
  readonly gate: OriginGate
}

/** A permit and the origin whose gate issued it. */
export interface Reservation {
  readonly endpoint: OriginEndpoint
  readonly permit: Permit
}

/**
 * Endpoints in the order in which a request tries them: by rank, then the least busy first. Ties are broken at random:
 * each isolate has few requests in flight, and without chance all isolates would choose the same endpoint. A gate's
 * adaptive limit is lower for a slow way in, so the share of its limit says more than the number of requests.
 *
 * @param random gives a number in [0, 1)
 */
export function byPreference(
  endpoints: readonly OriginEndpoint[],
  random: () => number,
): readonly OriginEndpoint[] {
  if (endpoints.length === 1) return endpoints
  const start = Math.floor(random() * endpoints.length)
  return [...endpoints.slice(start), ...endpoints.slice(0, start)].sort(
    (a, b) => a.rank - b.rank || busyShare(a) - busyShare(b),
  )
}

const busyShare = ({ gate }: OriginEndpoint): number => gate.inflight / Math.max(1, gate.limit)
