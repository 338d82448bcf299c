import type { Load } from '@spillway/origin/contract'
import type { EndOfCall, OriginOutcome, Started } from './permit.ts'

/** Result of the work in a slot, and what it says about the origin. */
export interface SlotUse<Result> {
  readonly result: Result
  readonly outcome: OriginOutcome
  /** Load signal of the origin's answer. */
  readonly load?: Load | undefined
}

export interface SlotParts {
  readonly now: () => number
  readonly random: () => number
}

/**
 * A slot at the origin, which is free again once the work in it has ended, however it ends. An error is the edge's own,
 * e.g. of a key that cannot sign. It says nothing about the origin, so the gate learns nothing from it.
 */
export class Slot {
  readonly #permit: Started
  readonly #parts: SlotParts

  constructor(permit: Started, parts: SlotParts) {
    this.#permit = permit
    this.#parts = parts
  }

  /** @param work is called at once */
  async use<Result>(work: () => Promise<SlotUse<Result>>): Promise<Result> {
    let use: SlotUse<Result> | undefined
    try {
      use = await work()
      return use.result
    } finally {
      this.#permit.end(this.#endOf(use))
    }
  }

  #endOf(use: Omit<SlotUse<unknown>, 'result'> | undefined): EndOfCall {
    const { now, random } = this.#parts
    return { outcome: use?.outcome ?? 'abandoned', load: use?.load, nowMs: now(), random: random() }
  }
}
