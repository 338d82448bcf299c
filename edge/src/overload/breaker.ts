/**
 * A circuit breaker for one origin. *Closed*: everything passes. *Open*: nothing does, for a time that grows with each
 * failed probe up to `openMaxMs`, which is short, since what is lost by a probe is one request. *Half-open*: one probe
 * at a time; the first that succeeds closes it.
 *
 * Only a broken origin counts as failure: no connection, or no answer in time. A refusal (503) is an answer of an
 * origin that protects itself; the throttle and the limit take that up.
 *
 * Requests from before it opened end while it is open. One that succeeds closes it; one that does not says nothing new,
 * and neither takes the probe's place nor speaks for it.
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

  /** Milliseconds until the next probe may go. */
  openForMs(nowMs: number): number {
    return Math.max(0, (this.#openUntilMs ?? nowMs) - nowMs)
  }

  /**
   * Takes the one place of a probe, where there is one to take.
   *
   * @returns `undefined` where nothing passes, or what to report with how it went
   */
  pass(nowMs: number): Passage | undefined {
    const state = this.state(nowMs)
    if (state === 'open') return undefined
    if (state === 'closed') return plain
    this.#probeUntilMs = nowMs + this.#options.probeMs
    this.#probe += 1
    return this.#probe
  }

  /** @returns whether this closed it again */
  succeeded(): boolean {
    const reclosed = this.#openUntilMs !== undefined
    this.#failures = 0
    this.#openings = 0
    this.#openUntilMs = undefined
    this.#probeUntilMs = Number.NEGATIVE_INFINITY
    return reclosed
  }

  /** @param random in [0, 1): keeps isolates from probing in step */
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

  /** Called off: its caller left before there was an answer. The place of a probe is free again. */
  abandoned(passage: Passage): void {
    this.#ends(passage)
  }

  /** Whether this was the probe under way. */
  #ends(passage: Passage): boolean {
    if (passage === plain || passage !== this.#probe) return false
    this.#probeUntilMs = Number.NEGATIVE_INFINITY
    return true
  }
}

/** The number of a probe, or {@link plain} for what was sent while the breaker was closed. */
export type Passage = number

const plain: Passage = 0

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresMax: number
  /** How long it stays open the first time, before jitter. */
  readonly openMs: number
  /** The longest it stays open. */
  readonly openMaxMs: number
  /** A probe that is not reported within this time was lost: the next one may go. */
  readonly probeMs: number
}

export const breakerDefaults: BreakerOptions = {
  failuresMax: 5,
  openMs: 250,
  openMaxMs: 2_000,
  probeMs: 3_000,
}
