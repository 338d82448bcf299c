/** The edge reads the last eight. */
const tokensMax = 8

/**
 * The consistency tokens of this client's writes. Sending them makes every later read show these writes, from any
 * location and from any cache. A token contains those that were sent with its write, so it replaces them.
 */
export class Consistency {
  #tokens: readonly string[] = []

  /** Tokens to send with a request. */
  get sent(): readonly string[] {
    return this.#tokens
  }

  /** Takes the token of an answer to a request that had `sent`. */
  take(token: string | null, sent: readonly string[]): void {
    if (token === null || this.#tokens.includes(token)) return
    const others = this.#tokens.filter((one) => !sent.includes(one))
    this.#tokens = [...others, token].slice(-tokensMax)
  }
}
