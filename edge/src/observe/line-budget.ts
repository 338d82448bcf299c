/**
 * Rate limit of log lines of one kind: a burst, then a fixed number per second. In an overload, logging refusals must
 * not cost more than refusing saves. The next line reports how many were suppressed.
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

  /** Counts suppressed lines, which the next line reports. */
  leaveOut(lines: number): void {
    this.#suppressed += lines
  }

  /** @returns how many lines were suppressed before this one, or `undefined` to suppress this one too */
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
