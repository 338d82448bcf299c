import type { Fate } from './fate.ts'
import type { Second } from './report.ts'

interface Counted {
  asked: number
  good: number
  shed: number
  failed: number
  readonly okMs: number[]
}

/** Counts for each second of intended starts. */
export class Timeline {
  readonly #seconds: Counted[] = []
  readonly #usefulMs: number

  constructor(usefulMs: number) {
    this.#usefulMs = usefulMs
  }

  /** @param atMs intended start, from the start of the window */
  record(atMs: number, fate: Fate, latencyMs: number): void {
    const second = this.#at(Math.floor(atMs / 1000))
    second.asked++
    if (fate === 'shed') second.shed++
    else if (fate === 'failed') second.failed++
    else {
      second.okMs.push(latencyMs)
      if (latencyMs <= this.#usefulMs) second.good++
    }
  }

  seconds(): readonly Second[] {
    return this.#seconds.map(({ okMs, ...counts }) => {
      const sorted = Float64Array.from(okMs).sort()
      return { ...counts, ok: sorted.length, p50: rank(sorted, 0.5), p99: rank(sorted, 0.99) }
    })
  }

  #at(index: number) {
    while (this.#seconds.length <= index) {
      this.#seconds.push({ asked: 0, good: 0, shed: 0, failed: 0, okMs: [] })
    }
    // The cast is safe: the loop has filled the list up to there.
    return this.#seconds[index] as Counted
  }
}

/**
 * Nearest rank: the smallest value that at least this share of them does not exceed. The cast is safe: a share is at most
 * 1 and above 0.
 */
const rank = (sorted: Float64Array, share: number): number =>
  sorted.length === 0 ? Number.NaN : (sorted[Math.ceil(share * sorted.length) - 1] as number)
