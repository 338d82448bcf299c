/**
 * A sliding count over the last `windowMs`, expired in `buckets` steps. The sum is kept up to date, so reading it is
 * free.
 */
export class WindowCount {
  readonly #counts: Float64Array
  readonly #bucketMs: number
  #bucket = 0
  #total = 0

  constructor({ windowMs, buckets }: { readonly windowMs: number; readonly buckets: number }) {
    this.#counts = new Float64Array(buckets)
    this.#bucketMs = windowMs / buckets
  }

  total(nowMs: number): number {
    this.#turn(nowMs)
    return this.#total
  }

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs)
    const slot = this.#bucket % this.#counts.length
    this.#counts[slot] = (this.#counts[slot] ?? 0) + amount
    this.#total += amount
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  /** Setting the clock back does not move the window back. */
  #turn(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs)
    if (bucket <= this.#bucket) return
    const { length } = this.#counts
    const passed = Math.min(length, bucket - this.#bucket)
    for (let step = 1; step <= passed; step += 1) {
      const slot = (this.#bucket + step) % length
      this.#total -= this.#counts[slot] ?? 0
      this.#counts[slot] = 0
    }
    this.#bucket = bucket
  }
}
