/**
 * A map within a number of entries and a weight, for what may be forgotten at any time. It evicts by second chance
 * (CLOCK): a look-up sets one flag and moves nothing, so that the hot path pays for a hash look-up and no more, while
 * a flood of keys that are seen once pushes out its own kind first.
 */
export class BoundedMap<Value> {
  readonly #slots = new Map<string, Slot<Value>>()
  readonly #countMax: number
  readonly #weightMax: number
  #weight = 0

  /** @param weightMax in the unit of `set`'s `weight`; bytes, usually */
  constructor(limits: { readonly countMax: number; readonly weightMax: number }) {
    this.#countMax = limits.countMax
    this.#weightMax = limits.weightMax
  }

  get size(): number {
    return this.#slots.size
  }

  get weight(): number {
    return this.#weight
  }

  get(key: string): Value | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    slot.used = true
    return slot.value
  }

  /** Keeps the value, unless it alone outweighs the limit. */
  set(key: string, value: Value, weight: number): void {
    this.delete(key)
    if (weight > this.#weightMax) return
    while (this.#slots.size >= this.#countMax || this.#weight + weight > this.#weightMax) this.#evictOne()
    this.#slots.set(key, { value, weight, used: false })
    this.#weight += weight
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    this.#weight -= slot.weight
  }

  #evictOne(): void {
    for (const [key, slot] of this.#slots) {
      if (!slot.used) {
        this.delete(key)
        return
      }
      slot.used = false
      this.#slots.delete(key)
      this.#slots.set(key, slot)
    }
  }
}

interface Slot<Value> {
  readonly value: Value
  readonly weight: number
  used: boolean
}
