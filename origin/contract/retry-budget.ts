/**
 * Retries as a share of requests: each request earns a tenth of a retry, and each retry spends a whole one, so that
 * however much fails, the server sees at most 1.1 times the load (Google SRE Book, ch. 21: "a per-client retry budget
 * [...] of 10%"). A small reserve lets a quiet caller retry at all.
 */
export class RetryBudget {
  readonly #share: number
  readonly #max: number
  #tokens: number

  /** @param initial retries at hand before the first request */
  constructor({ share = 0.1, max = 10, initial = Math.min(1, max) } = {}) {
    this.#share = share
    this.#max = max
    this.#tokens = initial
  }

  earn(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#share)
  }

  spend(): boolean {
    // Ten times 0.1 is slightly less than 1 in binary.
    if (this.#tokens < 1 - 1e-9) return false
    this.#tokens = Math.max(0, this.#tokens - 1)
    return true
  }
}
