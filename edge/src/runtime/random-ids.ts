/** Random bytes asked of the runtime at once: 256 ids. */
const poolBytes = 16 * 256

/**
 * Random UUIDs (RFC 9562 §5.4), as `crypto.randomUUID` makes them, from randomness that is asked for in larger pieces:
 * what is dear is the call and not the bytes. Node.js does the same.
 */
export class RandomIds {
  readonly #pool = new Uint8Array(poolBytes)
  #used = poolBytes

  next(): string {
    if (this.#used === poolBytes) {
      // Here and not at the start: outside of a request there is no randomness.
      crypto.getRandomValues(this.#pool)
      this.#used = 0
    }
    const at = this.#used
    this.#used += 16
    let text = ''
    for (let i = 0; i < 16; i += 1) {
      let byte = this.#pool[at + i] as number
      if (i === 6) byte = (byte & 0x0f) | 0x40
      else if (i === 8) byte = (byte & 0x3f) | 0x80
      text += i === 4 || i === 6 || i === 8 || i === 10 ? `-${hex[byte]}` : hex[byte]
    }
    return text
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
