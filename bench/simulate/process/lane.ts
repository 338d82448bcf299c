import { type Priority, priorityRank } from '@spillway/origin/contract'
import { BatchTime, type LaneLimits, WaitingItems } from '../origin-policy.ts'

/** All limits but those of memory. */
export type LaneRules = Omit<LaneLimits, 'bytesMax' | 'waitingMax'>

/** A request of the simulation has no key: none joins another's item. */
interface Entry<Item> {
  readonly item: Item
  readonly key: ''
  readonly since: number
  rank: number
}

/**
 * Rules by which the origin's batcher (`origin/src/store/batcher.ts`) sends waiting items, without its promises: at
 * once if no batch is in flight, all waiting ones when a batch returns (a moment later after a large one), and beside
 * other batches if many items wait or one waits long. The more important items go first, and one that would take too
 * much of its time is refused.
 */
export class Lane<Item> {
  readonly #rules: LaneRules
  readonly #waiting = new WaitingItems<Entry<Item>>()
  #inflight = 0
  readonly #time = new BatchTime()
  #held = { untilMs: 0, itemsWanted: 0 }

  constructor(rules: LaneRules) {
    this.#rules = rules
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * @param leftMs until its deadline
   * @returns whether it waits; otherwise it is refused
   */
  add(item: Item, priority: Priority, nowMs: number, leftMs: number): boolean {
    const rank = priorityRank(priority)
    const isFull = this.#inflight >= this.#rules.inflightMax
    if (isFull && this.#time.isCrowded(this.#rules, this.#waiting, rank, leftMs)) return false
    this.#waiting.push({ item, key: '', since: nowMs, rank })
    return true
  }

  /** The next batch that may be sent now, if any. */
  depart(nowMs: number): readonly Item[] | undefined {
    const { inflightMax, overlapItems, itemsMax } = this.#rules
    const { length, oldestSince } = this.#waiting
    if (length === 0 || this.#inflight >= inflightMax) return undefined
    const mayLeave =
      this.#inflight === 0 ||
      length >= overlapItems ||
      nowMs - oldestSince >= this.#time.patienceMs(this.#rules)
    const isHeld = nowMs < this.#held.untilMs && length < this.#held.itemsWanted
    if (!mayLeave || isHeld) return undefined
    this.#held.untilMs = 0
    this.#inflight += 1
    return this.#remove((taken) => taken < itemsMax)
  }

  /**
   * @param answered items of the batch that came back
   * @param sinceMs start of the batch
   */
  returned(answered: number, nowMs: number, sinceMs: number): void {
    this.#inflight -= 1
    this.#time.observe(nowMs - sinceMs)
    const { gathering, itemsMax } = this.#rules
    if (gathering === undefined || answered < gathering.siblingsMin || this.#inflight > 0) return
    const itemsWanted = Math.min(itemsMax, this.#waiting.length + answered)
    this.#held = { untilMs: nowMs + gathering.delayMs, itemsWanted }
  }

  /** Removes items past their deadline. */
  expire(isLate: (item: Item) => boolean): readonly Item[] {
    return this.#remove((_, item) => isLate(item))
  }

  /** @param leaves is told how many items left before this one */
  #remove(leaves: (before: number, item: Item) => boolean): readonly Item[] {
    const left: Item[] = []
    this.#waiting.retain(({ item }) => {
      const stays = !leaves(left.length, item)
      if (!stays) left.push(item)
      return stays
    })
    return left
  }
}
