/**
 * A token bucket, kept as the time at which it is full again (GCRA, ITU-T I.371 annex A): one number, and no timer. A caller
 * may send `burst` requests at once and `rate` a second in the long run.
 */
export class TokenBucket {
  readonly #gapMs: number
  readonly #burst: number
  #fullAtMs = 0

  constructor({ rate, burst }: { readonly rate: number; readonly burst: number }) {
    this.#gapMs = 1_000 / rate
    this.#burst = burst
  }

  /** Takes a request's place. @returns milliseconds until there is one, if there is none */
  take(nowMs: number): number | undefined {
    const fullAtMs = Math.max(this.#fullAtMs, nowMs)
    const lackMs = fullAtMs + this.#gapMs - nowMs - this.#burst * this.#gapMs
    // Sums of fractions: half a microsecond is no lack.
    if (lackMs > 0.000_5) return lackMs
    this.#fullAtMs = fullAtMs + this.#gapMs
    return undefined
  }

  /** Requests that may be sent at once. */
  left(nowMs: number): number {
    const owedMs = Math.max(0, this.#fullAtMs - nowMs)
    return Math.max(0, Math.floor(this.#burst - owedMs / this.#gapMs + 0.000_001))
  }

  /** Seconds until the bucket is full, rounded up. */
  fullInSeconds(nowMs: number): number {
    return Math.ceil(Math.max(0, this.#fullAtMs - nowMs) / 1_000)
  }
}
