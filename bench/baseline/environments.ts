/**
 * Lambda's rule of who runs what: an execution environment runs one request at a time; a request that finds none free
 * makes a new one, as long as the account's limit allows; beyond that it is throttled. Environments that are free are
 * used again, the one that was used last first.
 */
export class Environments<Environment> {
  readonly #free: Environment[] = []
  readonly #concurrencyMax: number
  #count = 0

  /** @param warm environments that are free from the start */
  constructor(concurrencyMax: number, warm: readonly Environment[] = []) {
    this.#concurrencyMax = concurrencyMax
    this.#free.push(...warm)
    this.#count = warm.length
  }

  get count(): number {
    return this.#count
  }

  /** A free one; `cold`: make one and it is yours; `throttled`: there may be no more. */
  take():
    | { readonly kind: 'warm'; readonly environment: Environment }
    | { readonly kind: 'cold' | 'throttled' } {
    const environment = this.#free.pop()
    if (environment !== undefined) return { kind: 'warm', environment }
    if (this.#count >= this.#concurrencyMax) return { kind: 'throttled' }
    this.#count++
    return { kind: 'cold' }
  }

  /** It has answered, and can take the next one. */
  give(environment: Environment): void {
    this.#free.push(environment)
  }

  /** It has exceeded its time, or has died: the next request needs a new one. */
  lose(): void {
    this.#count--
  }
}
