import type { Load } from '@spillway/origin/contract'

/**
 * Limits the requests that this isolate has in flight to one origin. The limit doubles per round trip while the origin
 * reports room, or while nothing is known against it, like TCP slow start (RFC 5681 §3.1). Otherwise it grows by its
 * square root, and it shrinks by a fifth on a sign of overload. A burst at an idle origin must not meet a limit that
 * grows slowly. The choice of signs avoids the known weaknesses of gradient limits:
 *
 * - A refusal or a timeout is overload, never a fast answer (Netflix/concurrency-limits#176).
 * - An answer slower than a fixed share of the deadline is overload, however constant (#137), unless its load signal
 *   says that the origin has room: then the time was spent on the network or in this isolate's own event loop, and
 *   sending less would help neither.
 * - There is no baseline that can drift up (#165, #134) or be spoiled by health checks (#125).
 *
 * It grows only while it is in use, so that a quiet hour does not earn a burst. It shrinks at most once per latency of
 * the slow answer, so that one bad moment counts once.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions
  #limit: number
  #shrunkAtMs = Number.NEGATIVE_INFINITY
  /**
   * Slow-start threshold, for an origin that does not report its load: below it the limit doubles, above it it grows
   * slowly.
   */
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

  /** Recent service time of accepted requests, ms; 0 if unknown or outdated. */
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

  /** After an outage: starts low and grows again, so that the returning callers do not stampede. */
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

/** One finished request. */
export interface LimitSample {
  /** Whether it was refused or not answered. */
  readonly overloaded: boolean
  readonly latencyMs: number
  /** Requests in flight when it was sent, itself included. */
  readonly inflight: number
  /** Load signal of its answer; `undefined` if it has none. */
  readonly load?: Load | undefined
}

const serviceWeight = 0.1

/** Expires a service time learned under overload, which must not refuse later requests. */
const serviceMaxAgeMs = 2_000

export interface AdaptiveLimitOptions {
  readonly initial: number
  readonly min: number
  readonly max: number
  /** Limit after an outage. */
  readonly restart: number
  /** Latency that signals overload: half of what a caller waits. */
  readonly slowMs: number
  /** Factor on a sign of overload. */
  readonly decrease: number
  /** Minimum time between two decreases. */
  readonly shrinkPauseMs: number
  /** The origin has room below this utilization (1 is full), */
  readonly utilizationMax: number
  /** and while its queueing delay is no longer than this. */
  readonly queueMsMax: number
}

/** A burst of 200 passes in two round trips; 500 in flight take 5 MiB of an isolate's 128. */
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
