import { WindowCount } from './window-count.ts'

/**
 * Client-side throttling: when the origin has accepted fewer than one in K of our requests lately, we refuse the
 * surplus here, where it costs nothing.
 *
 *     p(refuse) = distrust * max(0, (requests - K * accepts) / (requests + 1))
 *     distrust  = min(1, K * share of refusals among the last outcomes)
 *
 * Google, Site Reliability Engineering, ch. 21 "Handling Overload" (equation 21-1). Requests that are refused here
 * count as requests too: that is what lets the rate fall until the origin accepts again. One that is on its way does
 * not: it is no refusal yet. Where it counted as one, twenty at once looked like an origin that takes nothing, and each
 * burst at an idle origin was refused.
 *
 * The formula alone (`distrust` = 1) is slow to believe in a recovery: after a spell in which nothing was accepted it
 * sends one request in a window, and the rate then grows by a fifth a second; simulated at 20 and 200 requests/s,
 * service was back after 37 s. A maximum below 1, as in Envoy's admission control, would send a share of any flood to an
 * origin that takes nothing. So probes go, whatever the formula says: each waits twice as long as the one before, up to a
 * maximum, since an origin has many isolates and they all probe, and one that is accepted makes the next one early
 * again. And what is believed of the window is in proportion to what the last outcomes were: in full while fewer than one
 * in K is accepted, hardly after a run of accepted ones, and a fifth more after a single refusal. Service is back within
 * three seconds.
 * The window is short (4 s instead of the book's two minutes), since one isolate sees enough requests in it.
 */
export class Throttle {
  readonly #options: ThrottleOptions
  /** Whose outcome is known: refused here, or answered by the origin. */
  readonly #requests: WindowCount
  readonly #accepts: WindowCount
  #sentAtMs = Number.NEGATIVE_INFINITY
  #reservedAtMs = Number.NEGATIVE_INFINITY
  #probeMs: number
  /** Share of refusals among the origin's last outcomes, exponentially forgotten; in [0, 1]. */
  #refusedShare = 0

  constructor(options: ThrottleOptions = throttleDefaults) {
    this.#options = options
    this.#probeMs = options.probeMs
    this.#requests = new WindowCount(options)
    this.#accepts = new WindowCount(options)
  }

  /**
   * Decides whether a request may go, and counts one that may not. One that may is counted when it is sent. Where it is a
   * probe it keeps others from being one for `reservedMs`, or every request of a flood would become a probe until the
   * first is sent. The reservation lapses, since the request may never be sent.
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

  /** One goes to the origin; it counts when it is known how it ended. */
  sent(nowMs: number): void {
    const { probeMaxMs, requestsMin } = this.#options
    const isProbe = this.#requests.total(nowMs) >= requestsMin && this.#isSilent(nowMs)
    if (isProbe) this.#probeMs = Math.min(probeMaxMs, this.#probeMs * 2)
    this.#sentAtMs = nowMs
  }

  /** The origin took a request on, whatever it then answered. */
  accepted(nowMs: number): void {
    this.#requests.add(1, nowMs)
    this.#accepts.add(1, nowMs)
    this.#probeMs = this.#options.probeMs
    this.#learn(0)
  }

  /** The origin was too busy for one, or did not answer. */
  refused(nowMs: number): void {
    this.#requests.add(1, nowMs)
    this.#learn(1)
  }

  /** The origin is back: what it refused before says nothing any more. */
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

  /** Whether nothing was sent for so long that a probe is to go. A clock that is set back makes one due, too. */
  #isSilent(nowMs: number): boolean {
    return Math.abs(nowMs - this.#sentAtMs) >= this.#probeMs
  }
}

export interface ThrottleOptions {
  /** Requests sent for each one accepted; lower refuses more here, higher notices recovery sooner. */
  readonly k: number
  /** One goes to the origin when nothing has for this long, so that its recovery is noticed; the next one after twice that. */
  readonly probeMs: number
  /** The longest that one waits: what a recovery that nobody has noticed yet may cost. */
  readonly probeMaxMs: number
  /** How long a reserved probe keeps others from being one: the time it takes to read a short body. */
  readonly reservedMs: number
  /** Weight of one outcome in the share of refusals, in (0, 1). */
  readonly outcomeWeight: number
  /** Fewer requests in the window than this say nothing: one failure alone would refuse every other request. */
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
