/**
 * A map within a number of entries and a weight, for what may be forgotten at any time. It evicts by second chance
 * (CLOCK): a look-up sets one flag and moves nothing, so that the hot path pays for a hash look-up and no more, while
 * a flood of keys that are seen once pushes out its own kind first.
 *
 * A `Map` is asked only for what was not asked for lately. V8 looks a text up by putting it among its unique texts first,
 * which hashes all of it and costs several times what comparing it does; the keys here are fresh from requests, and
 * a token has 700 characters. So the entries looked up last lie in a table as well, by where their texts end.
 */
export class BoundedMap<Value> {
  readonly #slots = new Map<string, Slot<Value>>()
  readonly #recent: (Slot<Value> | undefined)[]
  readonly #countMax: number
  readonly #weightMax: number
  #weight = 0

  /** @param weightMax in the unit of `set`'s `weight`; bytes, usually */
  constructor(limits: { readonly countMax: number; readonly weightMax: number }) {
    this.#countMax = limits.countMax
    this.#weightMax = limits.weightMax
    this.#recent = new Array<undefined>(recentLength(limits.countMax)).fill(undefined)
  }

  get size(): number {
    return this.#slots.size
  }

  get weight(): number {
    return this.#weight
  }

  get(key: string): Value | undefined {
    const ending = endingOf(key)
    const place = this.#placeOf(ending)
    let slot = this.#recent[place]
    // The whole text decides. Where the ending is another one there is no need to read it.
    if (slot === undefined || slot.ending !== ending || slot.key !== key) {
      slot = this.#slots.get(key)
      if (slot === undefined) return undefined
      this.#recent[place] = slot
    }
    slot.used = true
    return slot.value
  }

  /** Keeps the value, unless it alone outweighs the limit. */
  set(key: string, value: Value, weight: number): void {
    this.delete(key)
    if (weight > this.#weightMax) return
    while (this.#slots.size >= this.#countMax || this.#weight + weight > this.#weightMax) this.#evictOne()
    this.#slots.set(key, { key, ending: endingOf(key), value, weight, used: false })
    this.#weight += weight
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    this.#weight -= slot.weight
    const place = this.#placeOf(slot.ending)
    if (this.#recent[place] === slot) this.#recent[place] = undefined
  }

  /** In the table: as many of the ending's last bits as its length, a power of two, has places for. */
  #placeOf(ending: number): number {
    return ending & (this.#recent.length - 1)
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
  readonly key: string
  readonly ending: number
  readonly value: Value
  readonly weight: number
  used: boolean
}

/** Characters that are told apart: of a signature they are 48 random bits, of a path most of an id. */
const endingLength = 8

/** A number of 30 bits, which V8 keeps in place, for a text's last characters and its length. */
function endingOf(text: string): number {
  const { length } = text
  let ending = length
  for (let i = Math.max(0, length - endingLength); i < length; i += 1) {
    ending = (Math.imul(ending, 31) + text.charCodeAt(i)) & 0x3fff_ffff
  }
  return ending
}

const recentLength = (countMax: number): number => 2 ** Math.min(12, Math.ceil(Math.log2(countMax)))
