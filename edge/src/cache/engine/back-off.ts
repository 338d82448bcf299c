import { SieveMap } from '../../lib/sieve-map.ts'

/** Rest after the first failure; each further one in a row doubles it, up to the longest. */
const firstMs = 1_000
const longestMs = 60_000

interface Rest {
  readonly untilMs: number
  readonly restMs: number
}

/**
 * Keys whose refresh in the background has failed rest for a while: with the origin down, stale-while-revalidate would
 * otherwise ask it once for each request that it answers. Only what nobody waits for is held back.
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
