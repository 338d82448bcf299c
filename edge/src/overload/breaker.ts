/**
 * A circuit breaker for one origin. *Closed*: every request passes. *Open*: none passes, for a time that grows with
 * each failed probe up to `openMaxMs`; the maximum is short, since a failed probe costs only one request. *Half-open*:
 * one probe at a time; the first success closes the breaker.
 *
 * Only a broken origin counts as a failure: no connection, or no answer in time. A refusal (503) comes from an origin
 * that protects itself; the throttle and the limit respond to it. An operation that is late or refused by its own doing
 * (slow code of the application, many requests for one document) counts as a success: the origin has answered.
 *
 * A request sent before the breaker opened may end while it is open. Its success closes the breaker. Its failure is no
 * news: it neither takes the probe slot nor counts as the probe's result.
 */
export class Breaker {
  readonly #options: BreakerOptions
  #failures = 0
  #openings = 0
  #openUntilMs: number | undefined
  #probeUntilMs = Number.NEGATIVE_INFINITY
  #probe = plain

  constructor(options: BreakerOptions = breakerDefaults) {
    this.#options = options
  }

  state(nowMs: number): 'closed' | 'open' | 'half-open' {
    if (this.#openUntilMs === undefined) return 'closed'
    return nowMs < this.#openUntilMs || nowMs < this.#probeUntilMs ? 'open' : 'half-open'
  }

  /** Milliseconds until the next probe is due. */
  openForMs(nowMs: number): number {
    return Math.max(0, (this.#openUntilMs ?? nowMs) - nowMs)
  }

  /**
   * Takes the probe slot if it is free.
   *
   * @returns `undefined` when nothing passes, else the passage to report the outcome with
   */
  pass(nowMs: number): Passage | undefined {
    const state = this.state(nowMs)
    if (state === 'open') return undefined
    if (state === 'closed') return plain
    this.#probeUntilMs = nowMs + this.#options.probeMs
    this.#probe += 1
    return this.#probe
  }

  /** @returns whether this success closed the breaker */
  succeeded(): boolean {
    const reclosed = this.#openUntilMs !== undefined
    this.#failures = 0
    this.#openings = 0
    this.#openUntilMs = undefined
    this.#probeUntilMs = Number.NEGATIVE_INFINITY
    return reclosed
  }

  /** @param random in [0, 1): keeps isolates from probing in lockstep */
  failed(passage: Passage, nowMs: number, random: number): void {
    if (this.#openUntilMs === undefined) {
      this.#failures += 1
      if (this.#failures < this.#options.failuresMax) return
    } else if (!this.#ends(passage)) return
    const { openMs, openMaxMs } = this.#options
    const spanMs = Math.min(openMaxMs, openMs * 2 ** this.#openings)
    this.#openings += 1
    this.#openUntilMs = nowMs + spanMs * (0.5 + random / 2)
  }

  /** The caller left before the answer: frees the probe slot. */
  abandoned(passage: Passage): void {
    this.#ends(passage)
  }

  /** Whether this is the outcome of the current probe. */
  #ends(passage: Passage): boolean {
    if (passage === plain || passage !== this.#probe) return false
    this.#probeUntilMs = Number.NEGATIVE_INFINITY
    return true
  }
}

/** Number of a probe, or {@link plain} for a request sent while the breaker was closed. */
export type Passage = number

const plain: Passage = 0

export interface BreakerOptions {
  /** Consecutive failures that open it. */
  readonly failuresMax: number
  /** Time for which it stays open the first time, before jitter. */
  readonly openMs: number
  /** The longest it stays open. */
  readonly openMaxMs: number
  /** A probe without an outcome after this time is lost, and the next one may go. */
  readonly probeMs: number
}

export const breakerDefaults: BreakerOptions = {
  failuresMax: 5,
  openMs: 250,
  openMaxMs: 2_000,
  probeMs: 3_000,
}
