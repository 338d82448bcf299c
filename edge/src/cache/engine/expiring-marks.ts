import { SieveMap } from '../../lib/sieve-map.ts'

/**
 * Keys marked for a short while: hit-for-miss. A key whose last answer could not be shared does not make the next
 * requests wait for each other (Varnish calls it so; the mark here is gone by itself or with the first shareable answer).
 * Bounded by bytes as well: keys are as long as callers make them.
 */
export class ExpiringMarks {
  readonly #untilMs: SieveMap<number>
  readonly #keepMs: number

  constructor(keepMs: number, limits: { readonly countMax: number; readonly bytesMax: number }) {
    this.#keepMs = keepMs
    this.#untilMs = new SieveMap({ ...limits, bytesOf: (key) => key.length * 2 + 128 })
  }

  get bytes(): number {
    return this.#untilMs.bytes
  }

  /** @param keepMsMax where this mark is not to last as long as others */
  mark(key: string, nowMs: number, keepMsMax: number = this.#keepMs): void {
    this.#untilMs.set(key, nowMs + Math.min(keepMsMax, this.#keepMs))
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
