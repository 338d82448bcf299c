/** Number of ids that share one random prefix and differ in their last four digits. */
const idsPerPiece = 65_536

/**
 * Ids in the form of random UUIDs (RFC 9562 §5.4): 106 random bits and a counter. They tell requests apart; do not use
 * them where an id must be unguessable. perf: randomness and its formatting cost more than the rest of a memory hit, so
 * most ids share them.
 */
export class RandomIds {
  #shared = ''
  #next = idsPerPiece

  next(): string {
    if (this.#next === idsPerPiece) {
      // Lazily: outside of a request the runtime has no randomness.
      this.#shared = crypto.randomUUID().slice(0, -4)
      this.#next = 0
    }
    const number = this.#next
    this.#next += 1
    return this.#shared + hex[number >> 8] + hex[number & 0xff]
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
