import { type Priority, priorities } from '@spillway/origin/contract'
import type { WaitingItem, WaitingItems } from './waiting-items.ts'

/** Limits of a lane that depend on the time of its batches: see `BatcherOptions`. */
export interface TimedLimits {
  readonly itemsMax: number
  readonly inflightMax: number
  readonly patienceMs: number
  readonly patienceMaxMs?: number
  readonly expectedShareMax?: Readonly<Record<Priority, number>>
}

/** Weight of one batch in the mean. */
const batchWeight = 0.2

/** Time that the batches of a lane take, and what follows from it. Pure, so that the simulator uses it, too. */
export class BatchTime {
  /** Moving mean, in ms. */
  #ms = 0

  /** @param ms of a batch that has ended, its wait for room included */
  observe(ms: number): void {
    this.#ms += (ms - this.#ms) * batchWeight
  }

  /** Twice the usual time, in ms: a batch that takes longer is slow among others that are not. */
  patienceMs({ patienceMs, patienceMaxMs = patienceMs }: TimedLimits): number {
    return Math.max(patienceMs, Math.min(patienceMaxMs, 2 * this.#ms))
  }

  /**
   * Whether a new item of a lane without room would take too much of its time, as far as recent batches tell.
   *
   * @param waiting items of the lane, of which those that go before it count
   * @param rank of its priority
   * @param leftMs until its deadline
   */
  isCrowded(
    { expectedShareMax, inflightMax, itemsMax }: TimedLimits,
    waiting: Pick<WaitingItems<WaitingItem>, 'before'>,
    rank: number,
    leftMs: number,
  ): boolean {
    if (expectedShareMax === undefined) return false
    // On average half of the batch in flight is left, then those that wait, then its own.
    const expectedMs = (0.5 + waiting.before(rank) / itemsMax / inflightMax + 1) * this.#ms
    return expectedMs > leftMs * expectedShareMax[priorities[rank] ?? 'critical']
  }
}
