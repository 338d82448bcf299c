import type { PoolObservation } from './pool.ts'

/** Weight of one wait in the moving mean. */
const weight = 0.05

/** Half-life of the mean, in ms. */
const halfLifeMs = 2_000

/**
 * Whether a command would get a connection without a long wait, by a moving mean of recent waits. The mean also decays
 * with time: a process that gets no requests because its pool was full has no new waits to show that it has recovered.
 */
export class PoolRoom {
  readonly #waitMsMax: number
  #meanMs = 0
  #at = 0

  /** @param waitMsMax mean wait above which there is no room, in ms */
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
