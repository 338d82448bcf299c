import { WindowCount } from './window-count.ts'

/**
 * Client-side throttling: when the origin has accepted fewer than one in K of our requests recently, we refuse the
 * surplus here, where it costs nothing.
 *
 *     p(refuse) = distrust * max(0, (requests - K * accepts) / (requests + 1))
 *     distrust  = min(1, K * share of refusals among the last outcomes)
 *
 * Google, Site Reliability Engineering, ch. 21 "Handling Overload" (equation 21-1). Requests refused here count as
 * requests too, so the rate falls until the origin accepts again. A request in flight does not count yet: if it did,
 * twenty at once would look like an origin that accepts nothing, and every burst at an idle origin would be refused.
 *
 * The formula alone (`distrust` = 1) recovers slowly: after a window without any accepted request it sends one request
 * per window, and the rate then grows by a fifth per second; simulated at 20 and 200 requests/s, service was back after
 * 37 s. A maximum below 1, as in Envoy's admission control, would send a share of every flood to an origin that accepts
 * nothing. Two changes bring service back within three seconds:
 *
 * - Probes go whatever the formula says. Each interval is twice the one before, up to a maximum, since all isolates of
 *   an origin probe; an accepted probe shortens the next interval.
 * - `distrust` weighs the window by the last outcomes: in full while fewer than one in K is accepted, hardly after a
 *   run of accepted ones, and a fifth more after a single refusal.
 *
 * The window is short (4 s, not the book's two minutes), since one isolate sees enough requests in it.
 */
export class Throttle {
  readonly #options: ThrottleOptions
  /** Requests of known outcome: refused here, or answered by the origin. */
  readonly #requests: WindowCount
  readonly #accepts: WindowCount
  #sentAtMs = Number.NEGATIVE_INFINITY
  #reservedAtMs = Number.NEGATIVE_INFINITY
  #probeMs: number
  /** Moving average of refusals among the origin's outcomes, exponentially weighted; in [0, 1]. */
  #refusedShare = 0

  constructor(options: ThrottleOptions = throttleDefaults) {
    this.#options = options
    this.#probeMs = options.probeMs
    this.#requests = new WindowCount(options)
    this.#accepts = new WindowCount(options)
  }

  /**
   * Decides whether a request may go, and counts a refusal. A request that may go is counted when it is sent. A probe
   * reserves the probe slot for `reservedMs`: otherwise every request of a flood would become a probe until the first
   * is sent. The reservation lapses, since the request may never be sent.
   *
   * @param random in [0, 1)
   */
  reserve(nowMs: number, random: number): boolean {
    if (random < this.#refusalChance(nowMs)) {
      this.#requests.add(1, nowMs)
      return false
    }
    if (this.#isProbeDue(nowMs)) this.#reservedAtMs = nowMs
    return true
  }

  #refusalChance(nowMs: number): number {
    const { k, requestsMin } = this.#options
    const requests = this.#requests.total(nowMs)
    if (requests < requestsMin || this.#isProbeDue(nowMs)) return 0
    const surplus = (requests - k * this.#accepts.total(nowMs)) / (requests + 1)
    return Math.min(1, k * this.#refusedShare) * Math.max(0, surplus)
  }

  /** A request goes to the origin; it counts when its outcome is known. */
  sent(nowMs: number): void {
    const { probeMaxMs, requestsMin } = this.#options
    const isProbe = this.#requests.total(nowMs) >= requestsMin && this.#isSilent(nowMs)
    if (isProbe) this.#probeMs = Math.min(probeMaxMs, this.#probeMs * 2)
    this.#sentAtMs = nowMs
  }

  /** The origin accepted a request, whatever it then answered. */
  accepted(nowMs: number): void {
    this.#requests.add(1, nowMs)
    this.#accepts.add(1, nowMs)
    this.#probeMs = this.#options.probeMs
    this.#learn(0)
  }

  /** The origin was too busy for a request, or did not answer. */
  refused(nowMs: number): void {
    this.#requests.add(1, nowMs)
    this.#learn(1)
  }

  /** The origin recovered: its earlier refusals no longer count. */
  forget(): void {
    this.#requests.clear()
    this.#accepts.clear()
    this.#refusedShare = 0
  }

  #learn(refusals: 0 | 1): void {
    this.#refusedShare += (refusals - this.#refusedShare) * this.#options.outcomeWeight
  }

  #isProbeDue(nowMs: number): boolean {
    return this.#isSilent(nowMs) && Math.abs(nowMs - this.#reservedAtMs) >= this.#options.reservedMs
  }

  /** Whether nothing was sent for so long that a probe is due. Setting the clock back makes one due, too. */
  #isSilent(nowMs: number): boolean {
    return Math.abs(nowMs - this.#sentAtMs) >= this.#probeMs
  }
}

export interface ThrottleOptions {
  /** Requests sent per accepted one; a lower value refuses more here, a higher one notices recovery sooner. */
  readonly k: number
  /**
   * First probe interval: a request goes after this long without one, so that recovery is noticed; each next interval
   * doubles.
   */
  readonly probeMs: number
  /** Longest probe interval, which bounds the delay until a recovery is noticed. */
  readonly probeMaxMs: number
  /** Time for which a reserved probe blocks other probes: the time to read a short body. */
  readonly reservedMs: number
  /** Weight of one outcome in the moving average of refusals, in (0, 1). */
  readonly outcomeWeight: number
  /** Below this many requests the window decides nothing: one failure would otherwise refuse every second request. */
  readonly requestsMin: number
  readonly windowMs: number
  readonly buckets: number
}

export const throttleDefaults: ThrottleOptions = {
  k: 2,
  probeMs: 100,
  probeMaxMs: 800,
  reservedMs: 25,
  outcomeWeight: 0.1,
  requestsMin: 20,
  windowMs: 4_000,
  buckets: 10,
}
