/** A Prometheus histogram of durations. Recording one is a search among a dozen bounds. */
export class DurationHistogram {
  /** Upper bounds in seconds. 1 is among them, because answers within a second are the target. */
  static readonly boundsSeconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  ] as const
  readonly #counts = new Float64Array(DurationHistogram.boundsSeconds.length + 1)
  #sumMs = 0

  observe(durationMs: number): void {
    const { boundsSeconds } = DurationHistogram
    let bucket = 0
    // The casts are safe: `bucket` is an index of the bounds, and there is one count more.
    while (bucket < boundsSeconds.length && durationMs > (boundsSeconds[bucket] as number) * 1_000)
      bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sumMs += durationMs
  }

  get sumSeconds(): number {
    return this.#sumMs / 1_000
  }

  /** Number of observations up to each bound; the last bound is +Inf. */
  cumulative(): readonly { readonly bound: number | '+Inf'; readonly count: number }[] {
    let count = 0
    return Array.from(this.#counts, (inBucket, index) => {
      count += inBucket
      return { bound: DurationHistogram.boundsSeconds[index] ?? '+Inf', count }
    })
  }

  /**
   * The upper bound, in seconds, of the bucket that holds this quantile; the largest bound for values beyond it; 0 if
   * empty.
   */
  quantileSeconds(share: number): number {
    const buckets = this.cumulative()
    const total = buckets.at(-1)?.count ?? 0
    if (total === 0) return 0
    // The casts are safe: the last bucket counts all observations, so `find` has a result, and there are bounds.
    const { bound } = buckets.find(({ count }) => count >= total * share) as { bound: number | '+Inf' }
    return bound === '+Inf' ? (DurationHistogram.boundsSeconds.at(-1) as number) : bound
  }

  /** Sets all counters to zero. */
  reset(): void {
    this.#counts.fill(0)
    this.#sumMs = 0
  }
}
