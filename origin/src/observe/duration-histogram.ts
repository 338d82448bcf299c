/** A counter for each bucket of durations: what a request costs to record is one search among a few numbers. */
export class DurationHistogram {
  /** Upper bounds in seconds, as Prometheus counts; the answer within a second stands out. */
  static readonly boundsSeconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  ] as const
  readonly #counts = new Float64Array(DurationHistogram.boundsSeconds.length + 1)
  #sumMs = 0

  observe(durationMs: number): void {
    const { boundsSeconds } = DurationHistogram
    let bucket = 0
    while (bucket < boundsSeconds.length && durationMs > (boundsSeconds[bucket] as number) * 1_000)
      bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sumMs += durationMs
  }

  get sumSeconds(): number {
    return this.#sumMs / 1_000
  }

  /** Observations up to each bound, the last without one. */
  cumulative(): readonly { readonly bound: number | '+Inf'; readonly count: number }[] {
    let count = 0
    return Array.from(this.#counts, (inBucket, index) => {
      count += inBucket
      return { bound: DurationHistogram.boundsSeconds[index] ?? '+Inf', count }
    })
  }

  /** The bound, in seconds, under which this share of the observations lies; the largest for those beyond; 0 for none. */
  quantileSeconds(share: number): number {
    const buckets = this.cumulative()
    const total = buckets.at(-1)?.count ?? 0
    if (total === 0) return 0
    const { bound } = buckets.find(({ count }) => count >= total * share) as { bound: number | '+Inf' }
    return bound === '+Inf' ? (DurationHistogram.boundsSeconds.at(-1) as number) : bound
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts.fill(0)
    this.#sumMs = 0
  }
}
