import type { Priority } from '@spillway/origin/contract'
import { priorities, priorityRank } from '@spillway/origin/contract'

export interface Waiting {
  readonly priority: Priority
  /** When it came to the queue, ms. */
  readonly sinceMs: number
  /** When its answer is no longer wanted, ms. */
  readonly deadlineMs: number
}

export interface AdmissionQueueOptions {
  /** Requests that may wait; one more puts out the least important. */
  readonly lengthMax: number
  /** Longest wait while the queue now and then runs empty. */
  readonly calmWaitMs: number
  /** Longest wait once it has not been empty for `calmWaitMs`. */
  readonly overloadedWaitMs: number
  /** What a request needs from its start to its answer: one with less time left is not started. */
  readonly serviceMs: number
}

/**
 * The origin's short queue before admission: by priority; first come first served while calm, newest first while
 * overloaded, where the oldest have waited in vain already; and a bound on the wait that tightens with overload.
 * Controlled delay and adaptive LIFO as in B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015, after Nichols and
 * Jacobson's CoDel.
 */
export class AdmissionQueue<Item extends Waiting> {
  readonly #options: AdmissionQueueOptions
  readonly #lanes: readonly Lane<Item>[] = priorities.map(() => new Lane<Item>())
  #length = 0
  #emptyAtMs = 0

  constructor(options: AdmissionQueueOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#length
  }

  isOverloaded(nowMs: number): boolean {
    return this.#length > 0 && nowMs - this.#emptyAtMs > this.#options.calmWaitMs
  }

  /** @returns who is shed for it, if anyone: the least important, and among those the one that waited longest */
  offer(item: Item, nowMs: number): Item | undefined {
    if (this.#length === 0) this.#emptyAtMs = nowMs
    if (this.#length < this.#options.lengthMax) {
      this.#lane(item).push(item)
      this.#length += 1
      return undefined
    }
    for (const lane of [...this.#lanes].reverse()) {
      const oldest = lane.oldest
      if (oldest === undefined) continue
      if (priorityRank(oldest.priority) < priorityRank(item.priority)) return item
      lane.takeOldest()
      this.#lane(item).push(item)
      return oldest
    }
    return item
  }

  /** @param shed told of everyone who has waited too long, or could not be answered in time */
  next(nowMs: number, shed: (item: Item) => void): Item | undefined {
    const overloaded = this.isOverloaded(nowMs)
    const waitMax = overloaded ? this.#options.overloadedWaitMs : this.#options.calmWaitMs
    for (const lane of this.#lanes) {
      for (let oldest = lane.oldest; oldest !== undefined; oldest = lane.oldest) {
        if (nowMs - oldest.sinceMs <= waitMax && this.#isInTime(oldest, nowMs)) break
        lane.takeOldest()
        this.#length -= 1
        shed(oldest)
      }
      const item = overloaded ? lane.takeNewest() : lane.takeOldest()
      if (item === undefined) continue
      this.#length -= 1
      if (this.#length === 0) this.#emptyAtMs = nowMs
      if (this.#isInTime(item, nowMs)) return item
      shed(item)
      return this.next(nowMs, shed)
    }
    this.#emptyAtMs = nowMs
    return undefined
  }

  #isInTime(item: Item, nowMs: number): boolean {
    return nowMs + this.#options.serviceMs <= item.deadlineMs
  }

  #lane(item: Item): Lane<Item> {
    return this.#lanes[priorityRank(item.priority)] as Lane<Item>
  }
}

/** A queue with two ends. */
class Lane<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get oldest(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  takeNewest(): Item | undefined {
    if (this.#head === this.#items.length) return undefined
    return this.#items.pop()
  }

  takeOldest(): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
