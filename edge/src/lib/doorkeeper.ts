/**
 * Tells whether a key was seen before, lately: a cache that admits a key at its second sighting keeps what is asked for
 * again, and spends nothing on what is asked for once (the doorkeeper of TinyLFU: Einziger et al., TinyLFU: A Highly
 * Efficient Cache Admission Policy, ACM ToS 2017, §3.4.2). It forgets a key when another takes its place, and may take one
 * key for another: then a key is admitted early.
 */
export class Doorkeeper {
  readonly #seen: Int32Array

  /** @param length places; a power of two */
  constructor(length: number) {
    this.#seen = new Int32Array(length)
  }

  /** Notes a sighting of the key. @returns whether it is not the first */
  hasSeen(key: string): boolean {
    const hash = hashOf(key)
    const place = hash & (this.#seen.length - 1)
    const isKnown = this.#seen[place] === hash
    this.#seen[place] = hash
    return isKnown
  }
}

/** FNV-1a over the UTF-16 code units, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  return hash
}
