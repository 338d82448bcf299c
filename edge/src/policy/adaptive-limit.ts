/**
 * How many requests this isolate may have open towards one origin: additive increase, multiplicative decrease
 * (Chiu and Jain, 1989), on signs of overload rather than on ratios of latencies. The weaknesses that are known of
 * gradient limits are avoided by what counts as a sign:
 *
 * - a refusal or timeout is overload, never a fast answer (Netflix/concurrency-limits#176);
 * - an answer slower than a fixed share of the deadline is overload, however constant (#137);
 * - there is no baseline that could drift up (#165, #134) or be spoiled by health checks (#125).
 *
 * It grows only while it is in use, so that a quiet hour does not buy a burst, and it shrinks at most once per
 * latency of the slow answer, so that one bad moment is punished once.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions
  #limit: number
  #shrunkAtMs = Number.NEGATIVE_INFINITY

  constructor(options: AdaptiveLimitOptions = adaptiveLimitDefaults) {
    this.#options = options
    this.#limit = options.initial
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** @param inflight requests that were open, this one included, when it was sent */
  observe(
    sample: { readonly overloaded: boolean; readonly latencyMs: number; readonly inflight: number },
    nowMs: number,
  ): void {
    const { min, max, slowMs, decrease, shrinkPauseMs } = this.#options
    if (sample.overloaded || sample.latencyMs > slowMs) {
      if (nowMs - this.#shrunkAtMs < Math.max(shrinkPauseMs, sample.latencyMs)) return
      this.#shrunkAtMs = nowMs
      this.#limit = Math.max(min, this.#limit * decrease)
    } else if (sample.inflight * 2 >= this.#limit) {
      this.#limit = Math.min(max, this.#limit + 1 / Math.sqrt(this.#limit))
    }
  }

  /** After an outage: start low and earn the rest, so that everyone's return is no stampede. */
  restart(): void {
    this.#limit = Math.min(this.#limit, this.#options.restart)
  }
}

export interface AdaptiveLimitOptions {
  readonly initial: number
  readonly min: number
  readonly max: number
  /** Limit after an outage. */
  readonly restart: number
  /** Slower than this is a sign of overload: half of what a caller waits. */
  readonly slowMs: number
  /** Factor on a sign of overload. */
  readonly decrease: number
  /** Least time between two decreases. */
  readonly shrinkPauseMs: number
}

export const adaptiveLimitDefaults: AdaptiveLimitOptions = {
  initial: 64,
  min: 4,
  max: 512,
  restart: 16,
  slowMs: 500,
  decrease: 0.8,
  shrinkPauseMs: 100,
}
