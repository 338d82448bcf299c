/** Picks every n-th event, so that each picked event stands for exactly n. */
export class Sampler {
  readonly every: number
  #left: number

  constructor(every: number) {
    this.every = every
    this.#left = every
  }

  picks(): boolean {
    this.#left -= 1
    if (this.#left > 0) return false
    this.#left = this.every
    return true
  }
}
