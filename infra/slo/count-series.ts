import { noSloCounts, type Priority, plusSloCounts, type SloCounts } from '@spillway/origin/contract'

/** Answers of a span of time, by priority. A priority without answers may be left out. */
export interface CountBucket {
  /** Start, in ms since the epoch. */
  readonly fromMs: number
  readonly counts: Readonly<Partial<Record<Priority, SloCounts>>>
}

/** Counts of one priority over time. Sums of windows cost no more for long ones. */
export class CountSeries {
  readonly #fromMs: number[] = []
  /** Sums of all buckets before each. */
  readonly #before: SloCounts[] = [noSloCounts]

  /** @param buckets in any order; they must not overlap */
  constructor(buckets: readonly CountBucket[], priority: Priority) {
    for (const { fromMs, counts } of buckets.toSorted((one, other) => one.fromMs - other.fromMs)) {
      this.add(fromMs, counts[priority] ?? noSloCounts)
    }
  }

  /** Adds a bucket that begins after all others. */
  add(fromMs: number, counts: SloCounts): void {
    this.#fromMs.push(fromMs)
    this.#before.push(plusSloCounts(this.#before.at(-1) ?? noSloCounts, counts))
  }

  /** Counts of the buckets that begin from `fromMs` on, and before `toMs`. */
  between(fromMs: number, toMs: number): SloCounts {
    const from = this.#before[this.#indexOf(fromMs)] ?? noSloCounts
    const to = this.#before[this.#indexOf(toMs)] ?? noSloCounts
    return {
      answers: to.answers - from.answers,
      failed: to.failed - from.failed,
      timed: to.timed - from.timed,
      slow: to.slow - from.slow,
    }
  }

  /** Number of buckets that begin before an instant. */
  #indexOf(atMs: number): number {
    let [low, high] = [0, this.#fromMs.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#fromMs[middle] ?? 0) < atMs) low = middle + 1
      else high = middle
    }
    return low
  }
}
