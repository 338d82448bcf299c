import type { Random } from '../load/random.ts'
import { poisson } from './distribution.ts'

/** Behaviour of people and their programs, the same in all scenarios unless one overrides it. */
export interface UserOptions {
  /** Mean time between an answer and the next request of a user, s. */
  readonly thinkSeconds: number
  /** `Retry-After` of a refusal is drawn between this and twice this, s. */
  readonly retryAfterSeconds: number
  /** Retries of a refused request before a client gives up. */
  readonly retriesMax: number
  /** Operations, by their share of users' requests. */
  readonly shares: readonly number[]
}

/**
 * A closed population: a user who waits for `Retry-After` sends nothing else, so refusals slow users down and do not
 * multiply them. Answers take milliseconds and thinking takes seconds, so an answered user starts to think at once.
 */
export class Users {
  readonly #options: UserOptions
  /** [second mod horizon][operation][attempt], users who come back then. */
  readonly #waiting: number[][][]
  #population = 0
  #waitingTotal = 0

  constructor(options: UserOptions) {
    this.#options = options
    const attempts = () => new Array<number>(options.retriesMax + 1).fill(0)
    this.#waiting = Array.from({ length: options.retryAfterSeconds * 2 + 2 }, () =>
      options.shares.map(attempts),
    )
  }

  get population(): number {
    return this.#population
  }

  get waiting(): number {
    return this.#waitingTotal
  }

  /** Requests of this second: by operation, by attempt (0: the first). */
  ask(second: number, population: number, random: Random): readonly (readonly number[])[] {
    this.#population = population
    this.#leave(population)
    const { thinkSeconds, shares } = this.#options
    const thinking = Math.max(0, population - this.#waitingTotal)
    // The casts are safe: the remainder is an index of the list, and each operation has a slot.
    const slot = this.#waiting[second % this.#waiting.length] as number[][]
    return shares.map((share, operation) => {
      const back = slot[operation] as number[]
      const asked = [...back]
      asked[0] = poisson((thinking * share) / thinkSeconds, random)
      for (const count of back) this.#waitingTotal -= count
      back.fill(0)
      return asked
    })
  }

  /** Takes the number of an operation's refused attempts: their users come back after `Retry-After`, or give up. */
  refused(second: number, operation: number, attempt: number, count: number): void {
    const { retryAfterSeconds, retriesMax } = this.#options
    if (count <= 0 || attempt >= retriesMax) return
    const each = count / (retryAfterSeconds + 1)
    for (let delay = retryAfterSeconds; delay <= 2 * retryAfterSeconds; delay += 1) {
      const slot = this.#waiting[(second + delay) % this.#waiting.length]?.[operation]
      if (slot === undefined) continue
      slot[attempt + 1] = (slot[attempt + 1] ?? 0) + each
    }
    this.#waitingTotal += count
  }

  /** Users who go offline do so in any state. */
  #leave(population: number): void {
    if (this.#waitingTotal <= population) return
    const kept = population / this.#waitingTotal
    for (const slot of this.#waiting) {
      for (const attempts of slot)
        for (const [index, count] of attempts.entries()) attempts[index] = count * kept
    }
    this.#waitingTotal = population
  }
}
