/**
 * Keys marked for a short while: hit-for-miss. A key whose last answer could not be shared does not make the next
 * requests wait for each other (Varnish calls it so; the mark here is gone by itself or with the first shareable answer).
 */
export class ExpiringMarks {
  readonly #untilMs = new Map<string, number>()
  readonly #keepMs: number
  readonly #countMax: number

  constructor(keepMs: number, countMax: number) {
    this.#keepMs = keepMs
    this.#countMax = countMax
  }

  mark(key: string, nowMs: number): void {
    this.#untilMs.delete(key)
    if (this.#untilMs.size >= this.#countMax) {
      for (const oldest of this.#untilMs.keys()) {
        this.#untilMs.delete(oldest)
        break
      }
    }
    this.#untilMs.set(key, nowMs + this.#keepMs)
  }

  unmark(key: string): void {
    this.#untilMs.delete(key)
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined) return false
    if (nowMs < untilMs) return true
    this.#untilMs.delete(key)
    return false
  }
}
