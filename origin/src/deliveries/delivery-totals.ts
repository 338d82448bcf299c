/** Deliveries of this process since its start, by subscriber, for metrics. */
export class DeliveryTotals {
  readonly #bySubscriber = new Map<string, Totals>()

  of(subscriber: string): Totals {
    const known = this.#bySubscriber.get(subscriber)
    if (known !== undefined) return known
    const made = { delivered: 0, failed: 0, dead: 0, waiting: 0 }
    this.#bySubscriber.set(subscriber, made)
    return made
  }

  all(): Iterable<readonly [subscriber: string, totals: Readonly<Totals>]> {
    return this.#bySubscriber
  }
}

export interface Totals {
  delivered: number
  /** Attempts that failed. */
  failed: number
  dead: number
  /** Events that wait for another attempt now. */
  waiting: number
}
