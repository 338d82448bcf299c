import { fnv1a } from '@spillway/origin/contract'

/**
 * Tells whether a key was seen before, recently: a cache that admits a key at its second sighting keeps what is asked
 * for again, and spends nothing on what is asked for once (the doorkeeper of TinyLFU: Einziger et al., TinyLFU: A
 * Highly Efficient Cache Admission Policy, ACM ToS 2017, §3.4.2). It forgets a key when another takes its place, and
 * may take one key for another: then a key is admitted early.
 */
export class Doorkeeper {
  readonly #seen: Uint32Array

  /** @param length places; a power of two */
  constructor(length: number) {
    this.#seen = new Uint32Array(length)
  }

  /** Notes a sighting of the key. @returns whether it is not the first */
  hasSeen(key: string): boolean {
    const hash = fnv1a(key)
    const place = hash & (this.#seen.length - 1)
    const isKnown = this.#seen[place] === hash
    this.#seen[place] = hash
    return isKnown
  }
}
