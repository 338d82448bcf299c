import { SieveMap } from '../../lib/sieve-map.ts'

/**
 * Keys with a short-lived mark. Varnish calls the use "hit-for-miss": after an answer that could not be shared, the
 * next requests for its key do not wait for each other. A mark expires by itself or ends with the first shareable
 * answer. Bounded by bytes as well, since callers decide the length of keys.
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

  /** @param keepMsMax shorter lifetime for this mark */
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
