/** Ids that share one piece of randomness and differ in their last four digits. */
const idsPerPiece = 65_536

/**
 * Ids in the form of random UUIDs (RFC 9562 §5.4), for telling requests apart and for nothing that must not be guessed:
 * 106 random bits, and a number that counts. Randomness and the text made of it cost more than the rest of an answer
 * from memory, so most ids share them.
 */
export class RandomIds {
  #shared = ''
  #next = idsPerPiece

  next(): string {
    if (this.#next === idsPerPiece) {
      // Here and not at the start: outside of a request there is no randomness.
      this.#shared = crypto.randomUUID().slice(0, -4)
      this.#next = 0
    }
    const number = this.#next
    this.#next += 1
    return this.#shared + hex[number >> 8] + hex[number & 0xff]
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
