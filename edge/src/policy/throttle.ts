/**
 * Client-side throttling: when the origin has accepted fewer than one in K of our requests lately, we refuse the
 * surplus here, where it costs nothing.
 *
 *     p(refuse) = min(refusalMax, max(0, (requests - K * accepts) / (requests + 1)))
 *
 * Google, Site Reliability Engineering, ch. 21 "Handling Overload" (equation 21-1). Requests that are refused here
 * count as requests too: that is what lets the rate fall until the origin accepts again.
 *
 * The formula alone is slow to believe in a recovery: after a spell in which nothing was accepted it sends one request
 * in a window, and the rate then grows by a fifth a second. Simulated at 20 and 200 requests/s, service was back to
 * 98 % after 37 s. So the probability has a maximum, as in Envoy's admission control (`max_rejection_probability`, 80 %):
 * an origin that refuses all of what is left does so for next to nothing. And the window is short (4 s instead of the
 * book's two minutes), since one isolate sees enough requests in it. Together: 6 to 8 s.
 */
export class Throttle {
  readonly #options: ThrottleOptions
  readonly #requests: Float64Array
  readonly #accepts: Float64Array
  #bucket = 0

  constructor(options: ThrottleOptions = throttleDefaults) {
    this.#options = options
    this.#requests = new Float64Array(options.buckets)
    this.#accepts = new Float64Array(options.buckets)
  }

  /** Whether to refuse the next request; counts it either way. */
  refuses(nowMs: number, random: number): boolean {
    this.#turn(nowMs)
    const requests = sum(this.#requests)
    const accepts = sum(this.#accepts)
    const slot = this.#bucket % this.#options.buckets
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1
    if (requests < this.#options.requestsMin) return false
    const { k, refusalMax } = this.#options
    return random < Math.min(refusalMax, Math.max(0, (requests - k * accepts) / (requests + 1)))
  }

  /** The origin took a request on, whatever it then answered. */
  accepted(nowMs: number): void {
    this.#turn(nowMs)
    const slot = this.#bucket % this.#options.buckets
    this.#accepts[slot] = (this.#accepts[slot] ?? 0) + 1
  }

  /** A request came to nothing for reasons of its caller's: it says nothing about the origin. */
  withdrawn(nowMs: number): void {
    this.#turn(nowMs)
    const slot = this.#bucket % this.#options.buckets
    this.#requests[slot] = (this.#requests[slot] ?? 0) - 1
  }

  /** The origin is back: what it refused before says nothing any more. */
  forget(): void {
    this.#requests.fill(0)
    this.#accepts.fill(0)
  }

  #turn(nowMs: number): void {
    const { windowMs, buckets } = this.#options
    const bucket = Math.floor(nowMs / (windowMs / buckets))
    const passed = Math.min(buckets, Math.max(0, bucket - this.#bucket))
    for (let step = 1; step <= passed; step += 1) {
      const slot = (this.#bucket + step) % buckets
      this.#requests[slot] = 0
      this.#accepts[slot] = 0
    }
    if (passed === buckets) this.forget()
    this.#bucket = Math.max(this.#bucket, bucket)
  }
}

export interface ThrottleOptions {
  /** Requests sent for each one accepted; lower refuses more here, higher notices recovery sooner. */
  readonly k: number
  /** The largest share that is refused here, in (0, 1]. */
  readonly refusalMax: number
  /** Fewer requests in the window than this say nothing: one failure alone would refuse every other request. */
  readonly requestsMin: number
  readonly windowMs: number
  readonly buckets: number
}

export const throttleDefaults: ThrottleOptions = {
  k: 2,
  refusalMax: 0.8,
  requestsMin: 20,
  windowMs: 4_000,
  buckets: 10,
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
