import type { OperationCache } from '../operations.ts'
import { HitRatio } from './hit-ratio.ts'

/** Outcomes of a cache for the requests of one operation, as shares. */
export interface CacheOutcome {
  /** Answered at the edge: fresh, or stale during a refresh. */
  readonly hit: number
  /** Refreshed from the origin in the background, which adds load and delays no answer. */
  readonly refresh: number
  /** Requests that wait for the origin. */
  readonly miss: number
  /** Share of the misses with a stale answer to serve if the origin refuses. */
  readonly staleOnError: number
}

const uncached: CacheOutcome = { hit: 0, refresh: 0, miss: 1, staleOnError: 0 }

/** The edge's cache for one operation, in every data centre. */
export class EdgeCache {
  readonly #rule: OperationCache | undefined
  readonly #ratio: HitRatio

  constructor(rule: OperationCache | undefined) {
    this.#rule = rule
    this.#ratio = new HitRatio(rule?.objects ?? 1, rule?.zipf ?? 0)
  }

  /** @param perSecond requests that reach one cache: of one data centre, or of one subject */
  outcome(perSecond: number): CacheOutcome {
    const rule = this.#rule
    if (rule === undefined) return uncached
    const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = rule
    const found = (seconds: number) => this.#ratio.at(perSecond * seconds)
    const fresh = found(maxAgeSeconds)
    const hit = found(maxAgeSeconds + staleWhileRevalidateSeconds)
    const kept = Math.max(hit, found(maxAgeSeconds + staleIfErrorSeconds))
    const miss = 1 - hit
    return { hit, refresh: hit - fresh, miss, staleOnError: miss === 0 ? 0 : (kept - hit) / miss }
  }
}
