/**
 * Event queue: a binary heap of numbered events by time, first in first out among equal times. The casts are safe: the
 * three lists have one length, and only indexes below it are read.
 */
export class EventQueue {
  readonly #times: number[] = []
  readonly #events: number[] = []
  readonly #orders: number[] = []
  #added = 0

  get size(): number {
    return this.#times.length
  }

  /** Time of the next event; `Infinity` for an empty queue. */
  get nextTime(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY
  }

  add(time: number, event: number): void {
    let at = this.#times.length
    const order = this.#added
    this.#added += 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((this.#times[parent] as number) <= time) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, time, event, order)
  }

  /** Takes the next event. @throws {RangeError} where there is none */
  take(): number {
    const first = this.#events[0]
    if (first === undefined) throw new RangeError('no events')
    const time = this.#times.pop() as number
    const event = this.#events.pop() as number
    const order = this.#orders.pop() as number
    if (this.#times.length > 0) this.#sink(time, event, order)
    return first
  }

  #sink(time: number, event: number, order: number): void {
    const size = this.#times.length
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && this.#isBefore(child + 1, child)) child += 1
      const childTime = this.#times[child] as number
      if (childTime > time || (childTime === time && (this.#orders[child] as number) > order)) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, time, event, order)
  }

  #isBefore(left: number, right: number): boolean {
    const difference = (this.#times[left] as number) - (this.#times[right] as number)
    return (
      difference < 0 || (difference === 0 && (this.#orders[left] as number) < (this.#orders[right] as number))
    )
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#events[from] as number, this.#orders[from] as number)
  }

  #put(at: number, time: number, event: number, order: number): void {
    this.#times[at] = time
    this.#events[at] = event
    this.#orders[at] = order
  }
}
