import type { Fate } from './fate.ts'

/** One interval of an open loop, by intended start. */
export interface Interval {
  readonly asked: number
  readonly ok: number
  readonly good: number
  readonly shed: number
  readonly failed: number
  /** Percentiles of the `ok`, in ms; `NaN` where there were none. */
  readonly p50: number
  readonly p99: number
}

interface Counted {
  asked: number
  good: number
  shed: number
  failed: number
  readonly okMs: number[]
}

export interface TimelineOptions {
  /** Useful time: an answer that takes longer does not count as good, ms. */
  readonly usefulMs: number
  /** Length of an interval. @default a second */
  readonly intervalMs?: number
  /** Period after which the timeline begins again, so that equal periods are counted together. @default never */
  readonly periodMs?: number
}

/** Counts for each interval of intended starts. */
export class Timeline {
  readonly #intervals: Counted[] = []
  readonly #options: Required<TimelineOptions>

  constructor(options: TimelineOptions) {
    this.#options = { intervalMs: 1_000, periodMs: Number.POSITIVE_INFINITY, ...options }
  }

  /** @param atMs intended start, from the start of the window */
  record(atMs: number, fate: Fate, latencyMs: number): void {
    const { intervalMs, periodMs, usefulMs } = this.#options
    const interval = this.#at(Math.floor((atMs % periodMs) / intervalMs))
    interval.asked++
    if (fate === 'shed') interval.shed++
    else if (fate === 'failed') interval.failed++
    else {
      interval.okMs.push(latencyMs)
      if (latencyMs <= usefulMs) interval.good++
    }
  }

  intervals(): readonly Interval[] {
    return this.#intervals.map(({ okMs, ...counts }) => {
      const sorted = Float64Array.from(okMs).sort()
      return { ...counts, ok: sorted.length, p50: rank(sorted, 0.5), p99: rank(sorted, 0.99) }
    })
  }

  #at(index: number) {
    while (this.#intervals.length <= index) {
      this.#intervals.push({ asked: 0, good: 0, shed: 0, failed: 0, okMs: [] })
    }
    // The cast is safe: the loop has filled the list up to there.
    return this.#intervals[index] as Counted
  }
}

/**
 * Nearest rank: the smallest value that at least this share of them does not exceed. The cast is safe: a share is at
 * most 1 and above 0.
 */
const rank = (sorted: Float64Array, share: number): number =>
  sorted.length === 0 ? Number.NaN : (sorted[Math.ceil(share * sorted.length) - 1] as number)
