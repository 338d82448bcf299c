import type { Load } from '@spillway/origin/contract'

/**
 * How many requests this isolate may have open towards one origin. It doubles in the time of an answer while the origin
 * has room, or while nothing is known to its discredit, as TCP's slow start does (RFC 5681 §3.1); else it grows by its
 * square root, and it shrinks by a fifth on a sign of overload. A burst at an idle origin must not meet a limit that
 * creeps. The weaknesses that are known of gradient limits are avoided by what counts as a sign:
 *
 * - a refusal or timeout is overload, never a fast answer (Netflix/concurrency-limits#176);
 * - an answer slower than a fixed share of the deadline is overload, however constant (#137), unless it says itself that
 *   the origin has room: then the time was spent on the way or in this isolate, whose own event loop is busy, and to send
 *   less would help neither;
 * - there is no baseline that could drift up (#165, #134) or be spoiled by health checks (#125).
 *
 * It grows only while it is in use, so that a quiet hour does not buy a burst, and it shrinks at most once per
 * latency of the slow answer, so that one bad moment is punished once.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions
  #limit: number
  #shrunkAtMs = Number.NEGATIVE_INFINITY
  /** Below it the limit doubles, above it it creeps, where the origin does not tell its load: slow start's threshold. */
  #threshold = Number.POSITIVE_INFINITY
  #serviceMs = 0
  #servedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: AdaptiveLimitOptions = adaptiveLimitDefaults) {
    this.#options = options
    this.#limit = options.initial
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** How long the last accepted requests took, in ms; 0 where that is not known, or no longer news. */
  serviceMs(nowMs: number): number {
    return nowMs - this.#servedAtMs > serviceMaxAgeMs ? 0 : this.#serviceMs
  }

  observe(sample: LimitSample, nowMs: number): void {
    const { min, max, decrease, shrinkPauseMs } = this.#options
    const { latencyMs, inflight, load, overloaded } = sample
    const hasRoom = load !== undefined && this.#hasRoom(load)
    if (!overloaded) this.#learn(latencyMs, nowMs)
    if (overloaded || (latencyMs > this.#options.slowMs && !hasRoom)) {
      if (nowMs - this.#shrunkAtMs < Math.max(shrinkPauseMs, latencyMs)) return
      this.#shrunkAtMs = nowMs
      this.#limit = Math.max(min, this.#limit * decrease)
      this.#threshold = this.#limit
    } else if (inflight * 2 >= this.#limit) {
      const doubles = hasRoom || (load === undefined && this.#limit < this.#threshold)
      this.#limit = Math.min(max, this.#limit + (doubles ? 1 : 1 / Math.sqrt(this.#limit)))
    }
  }

  /** After an outage: start low and earn the rest, so that everyone's return is no stampede. */
  restart(): void {
    this.#limit = Math.min(this.#limit, this.#options.restart)
  }

  #hasRoom({ queueMs, shed, utilization }: Load): boolean {
    return utilization < this.#options.utilizationMax && queueMs <= this.#options.queueMsMax && shed === 0
  }

  #learn(latencyMs: number, nowMs: number): void {
    const known = this.serviceMs(nowMs)
    this.#serviceMs = known === 0 ? latencyMs : known + (latencyMs - known) * serviceWeight
    this.#servedAtMs = nowMs
  }
}

/** Observation of one settled request. */
export interface LimitSample {
  /** It was refused or not answered. */
  readonly overloaded: boolean
  readonly latencyMs: number
  /** Requests that were open, this one included, when it was sent. */
  readonly inflight: number
  /** Load signal of its answer; `undefined` without one. */
  readonly load?: Load | undefined
}

const serviceWeight = 0.1

/** A service time learnt under overload must not refuse requests that come after it. */
const serviceMaxAgeMs = 2_000

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
  /** An origin has room below this utilization (1 is full), */
  readonly utilizationMax: number
  /** while those whom it serves have waited no longer than this. */
  readonly queueMsMax: number
}

/** A burst of two hundred passes in two round trips, and five hundred open at once take five MiB of an isolate's 128. */
export const adaptiveLimitDefaults: AdaptiveLimitOptions = {
  initial: 128,
  min: 4,
  max: 512,
  restart: 16,
  slowMs: 500,
  decrease: 0.8,
  shrinkPauseMs: 100,
  utilizationMax: 0.9,
  queueMsMax: 20,
}
