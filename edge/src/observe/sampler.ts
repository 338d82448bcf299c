/** Picks one in so many, always as many apart: what each stands for is known. */
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
