import type { PoolObservation } from './pool.ts'

/** Weight of one wait in the mean. */
const weight = 0.05

/** In which what is known of the pool loses half of its worth, in ms. */
const halfLifeMs = 2_000

/**
 * Whether a command would find a connection without a long wait, by a moving mean of the last waits. It is forgotten
 * with time as well: a process that is sent nothing because its pool was full has no waits to learn from that it is not
 * full any more.
 */
export class PoolRoom {
  readonly #waitMsMax: number
  #meanMs = 0
  #at = 0

  /** @param waitMsMax mean wait from which on there is no room, in ms */
  constructor(waitMsMax = 250) {
    this.#waitMsMax = waitMsMax
  }

  /** @param now milliseconds of a monotonic clock */
  onPool(observation: PoolObservation, now: number): void {
    if (observation.kind !== 'checkedOut' && observation.kind !== 'checkOutFailed') return
    const meanMs = this.#meanAt(now)
    this.#meanMs = meanMs + weight * (observation.waitMs - meanMs)
    this.#at = now
  }

  hasRoom(now: number): boolean {
    return this.#meanAt(now) < this.#waitMsMax
  }

  #meanAt(now: number): number {
    return this.#meanMs * 2 ** ((this.#at - now) / halfLifeMs)
  }
}
