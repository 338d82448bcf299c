import type { Limit, Sample } from './limit.ts'

/**
 * A concurrency limit that holds service time at a target: additive increase below it, multiplicative decrease in
 * proportion to the excess above it, at most once a round trip. The rule is Swift's (Kumar et al., "Swift: Delay is
 * Simple and Effective for Congestion Control in the Datacenter", SIGCOMM 2020, §3.1), with requests for packets.
 *
 *     mean <= target:  limit += sqrt(limit)                                  if the limit bounded the load
 *                      limit = 2 * most in service                           likewise, while 2 * mean <= target
 *     mean >  target:  limit *= max(1 - b * (mean - target) / mean, 1 - d)   b = 0.8, d = 0.5
 *     target = max(no-load service time + allowed delay, 4 * no-load service time), at most 350 ms
 *
 * Gradient2 and Vegas compare the service time with its own past. They do not fit a store that batches: service time
 * grows with load by design, while each request gets cheaper. A gradient reads that as congestion and shrinks the limit
 * and with it the batches, which makes each request more expensive. A target states the allowed delay instead: of a
 * request's second, some tens of milliseconds are a good price for full batches.
 *
 * Far below the target it doubles, like TCP's slow start (RFC 5681 §3.1): a burst must not be refused because the limit
 * of a new process, or of one that has recovered from overload, grows slowly. Service time grows at most in proportion
 * to the requests in service, so a step from half of the target ends at the target.
 *
 * After a change, it ignores samples for one round trip, the mean service time of the last window. Requests that end in
 * this time began under the previous limit. With a database slower than a window they would double the limit from its
 * minimum to many times the target, and cut it back to its minimum; both refuse critical requests when an overload
 * begins. Requests that also began in this time are ignored too: only the short ones have ended, and they would bias
 * the mean.
 *
 * The no-load service time adapts the target to a slow database. It is measured only while next to nothing is in
 * service, so that load does not raise it, and it is capped, so that a fault does not. The minimum of the limit is next
 * to nothing: a database that has become slower is measured there, and the limit recovers. The first measurement counts
 * in full: a process that starts under load is seldom quiet, and would approach the time from 0 for minutes, with a
 * target at which the database idles (decision 67).
 *
 * Known weaknesses of other limits, each with a test:
 * - requests that were dropped, counted as 0 ms, collapse or inflate the limit (Netflix/concurrency-limits#176): a drop
 *   has no service time here, and shrinks the limit;
 * - all requests timing out after a constant 5 s look steady to a gradient, and the limit climbs (#137);
 * - the no-load time drifts upward under lasting load (#165, #134);
 * - health checks give a false, low service time (#125): what is not real work is no sample.
 */

export interface DelayLimitOptions {
  /** Limit of a new process: a burst of two hundred is no overload, and one window can halve the limit. @default 256 */
  readonly initial?: number
  /** Also the number up to which a process counts as unloaded. @default 8 */
  readonly limitMin?: number
  /** @default 1024 */
  readonly limitMax?: number
  /** Delay that load may add to the no-load service time, in ms. @default 100 */
  readonly delayMs?: number
  /** The most that counts as no-load service time, in ms. @default 250 */
  readonly noLoadMsMax?: number
  /** Shortest time between two changes of the limit, in ms. @default 100 */
  readonly windowMs?: number
}

const decreaseFactor = 0.8
const decreaseMax = 0.5
/** A window with fewer samples is extended: the mean of two says nothing. */
const samplesMin = 10
/**
 * Service time under load over that without it: a joined read or a grouped write waits for the batch in flight, for
 * those of the other lanes and for its own, so it takes some times its own command while the database still does useful
 * work.
 */
const noLoadTimes = 4
/** Weight of a window in the no-load service time, after the first. */
const noLoadWeight = 0.2

export class DelayLimit implements Limit {
  readonly #limitMin: number
  readonly #limitMax: number
  readonly #delayMs: number
  readonly #noLoadMsMax: number
  readonly #windowMs: number
  #limit: number
  #noLoadMs = 0
  #expectedMs = 0
  #windowEnd = Number.NEGATIVE_INFINITY
  #sumMs = 0
  #served = 0
  #dropped = 0
  #inflightMax = 0
  /** Time at which the effect of the limit's last change becomes visible. */
  #showsAt = Number.NEGATIVE_INFINITY

  constructor(options: DelayLimitOptions = {}) {
    this.#limit = options.initial ?? 256
    this.#limitMin = options.limitMin ?? 8
    this.#limitMax = options.limitMax ?? 1_024
    this.#delayMs = options.delayMs ?? 100
    this.#noLoadMsMax = options.noLoadMsMax ?? 250
    this.#windowMs = options.windowMs ?? 100
  }

  get current(): number {
    return Math.floor(this.#limit)
  }

  get expectedMs(): number {
    return this.#expectedMs
  }

  /** Service time at which the limit stays constant, in ms. */
  get targetMs(): number {
    return this.#targetFor(this.#noLoadMs)
  }

  #targetFor(noLoadMs: number): number {
    const known = Math.min(this.#noLoadMsMax, noLoadMs)
    return Math.min(this.#noLoadMsMax + this.#delayMs, Math.max(known + this.#delayMs, known * noLoadTimes))
  }

  onSample({ serviceMs, inflight, isDropped, now }: Sample): void {
    if (now < this.#showsAt) return
    if (inflight > this.#inflightMax) this.#inflightMax = inflight
    if (isDropped) this.#dropped += 1
    else {
      this.#served += 1
      this.#sumMs += serviceMs
    }
    if (now >= this.#windowEnd && this.#served + this.#dropped >= samplesMin) this.#endWindow(now)
  }

  #endWindow(now: number): void {
    const { limit, noLoadMs } = this.#next()
    const bounded = Math.min(this.#limitMax, Math.max(this.#limitMin, limit))
    if (bounded !== this.#limit && this.#served > 0) this.#showsAt = now + this.#expectedMs
    this.#limit = bounded
    this.#noLoadMs = Math.min(this.#noLoadMsMax, noLoadMs)
    this.#windowEnd = Math.max(now, this.#showsAt) + this.#windowMs
    this.#sumMs = 0
    this.#served = 0
    this.#dropped = 0
    this.#inflightMax = 0
  }

  #next(): { limit: number; noLoadMs: number } {
    const limit = this.#limit
    const wasQuiet = this.#inflightMax <= this.#limitMin
    const meanMs = this.#served === 0 ? undefined : this.#sumMs / this.#served
    if (meanMs !== undefined) this.#expectedMs = meanMs
    const noLoadMs =
      meanMs !== undefined && (wasQuiet || meanMs < this.#noLoadMs)
        ? this.#noLoadMs + (this.#noLoadMs === 0 ? 1 : noLoadWeight) * (meanMs - this.#noLoadMs)
        : this.#noLoadMs
    // One timeout among many served requests is a slow request; a tenth of them is overload.
    if (meanMs === undefined || this.#dropped > this.#served * 0.1)
      return { limit: limit * decreaseMax, noLoadMs }
    const targetMs = this.#targetFor(noLoadMs)
    if (meanMs > targetMs) {
      const excess = (meanMs - targetMs) / meanMs
      return { limit: limit * Math.max(1 - decreaseFactor * excess, 1 - decreaseMax), noLoadMs }
    }
    // Load that stays far below the limit says nothing about it.
    if (this.#inflightMax < limit / 2) return { limit, noLoadMs }
    const crept = limit + Math.sqrt(limit)
    return { limit: 2 * meanMs > targetMs ? crept : Math.max(crept, 2 * this.#inflightMax), noLoadMs }
  }
}
