import { SieveMap } from '../../lib/sieve-map.ts'

/** Pause after the first failure; each further one in a row doubles it, up to the maximum. */
const firstMs = 1_000
const longestMs = 60_000

interface Rest {
  readonly untilMs: number
  readonly restMs: number
}

/**
 * Backoff for keys whose background refresh failed: otherwise, with the origin down, stale-while-revalidate would ask
 * it once per answer. Requests that a reader waits for are not held back.
 */
export class BackOff {
  readonly #rests: SieveMap<Rest>

  constructor(limits: { readonly countMax: number; readonly bytesMax: number }) {
    this.#rests = new SieveMap({ ...limits, bytesOf: (key) => key.length * 2 + 192 })
  }

  isResting(key: string, nowMs: number): boolean {
    const rest = this.#rests.get(key)
    return rest !== undefined && nowMs < rest.untilMs
  }

  ended(key: string, nowMs: number, hasFailed: boolean): void {
    if (!hasFailed) {
      this.#rests.delete(key)
      return
    }
    const before = this.#rests.get(key)
    const restMs = before === undefined ? firstMs : Math.min(before.restMs * 2, longestMs)
    this.#rests.set(key, { untilMs: nowMs + restMs, restMs })
  }
}
