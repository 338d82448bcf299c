/**
 * How many log lines of a kind may be written: a burst, then so many a second. In an overload the refusals must not
 * cost more than the work they save; what was left out is counted and told with the next line.
 */
export class LineBudget {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #atMs = 0
  #suppressed = 0

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** Lines that are not wanted: they cost nothing, and are told of with the next one. */
  leaveOut(lines: number): void {
    this.#suppressed += lines
  }

  /** @returns how many lines were left out before this one, or `undefined` when it is left out too */
  take(nowMs: number): number | undefined {
    const passedMs = Math.max(0, nowMs - this.#atMs)
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs / 1_000) * this.#perSecond)
    if (this.#tokens < 1) {
      this.leaveOut(1)
      return undefined
    }
    this.#tokens -= 1
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}
