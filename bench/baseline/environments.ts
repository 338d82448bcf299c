/**
 * Lambda's rule for execution environments: each runs one request at a time. A request that finds none free gets a new
 * one, up to the account's limit; beyond that it is throttled. The most recently used free environment is taken first.
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

  /**
   * Takes a free environment. `cold`: the caller must start a new one, which it then has; `throttled`: the limit is
   * reached.
   */
  take():
    | { readonly kind: 'warm'; readonly environment: Environment }
    | { readonly kind: 'cold' | 'throttled' } {
    const environment = this.#free.pop()
    if (environment !== undefined) return { kind: 'warm', environment }
    if (this.#count >= this.#concurrencyMax) return { kind: 'throttled' }
    this.#count++
    return { kind: 'cold' }
  }

  /** Releases the environment after its answer. */
  give(environment: Environment): void {
    this.#free.push(environment)
  }

  /** Removes the environment after a timeout or crash: the next request needs a new one. */
  lose(): void {
    this.#count--
  }
}
