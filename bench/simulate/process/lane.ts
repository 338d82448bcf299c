import type { LaneLimits } from '../origin-policy.ts'

export type LaneRules = Pick<
  LaneLimits,
  'itemsMax' | 'inflightMax' | 'overlapItems' | 'patienceMs' | 'gathering'
>

/**
 * Rules by which the origin's batcher (`origin/src/store/batcher.ts`) sends waiting items, without its promises: at
 * once if no batch is in flight, all waiting ones when a batch returns (a moment later after a large one), and beside
 * other batches if many items wait or one waits long.
 */
export class Lane<Item> {
  readonly #rules: LaneRules
  #waiting: { readonly item: Item; readonly sinceMs: number }[] = []
  #inflight = 0
  #held = { untilMs: 0, itemsWanted: 0 }

  constructor(rules: LaneRules) {
    this.#rules = rules
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  add(item: Item, nowMs: number): void {
    this.#waiting.push({ item, sinceMs: nowMs })
  }

  /** The next batch that may be sent now, if any. */
  depart(nowMs: number): readonly Item[] | undefined {
    const { inflightMax, overlapItems, patienceMs, itemsMax } = this.#rules
    const oldest = this.#waiting[0]
    if (oldest === undefined || this.#inflight >= inflightMax) return undefined
    const mayLeave =
      this.#inflight === 0 || this.#waiting.length >= overlapItems || nowMs - oldest.sinceMs >= patienceMs
    const isHeld = nowMs < this.#held.untilMs && this.#waiting.length < this.#held.itemsWanted
    if (!mayLeave || isHeld) return undefined
    this.#held.untilMs = 0
    this.#inflight += 1
    return this.#waiting.splice(0, itemsMax).map(({ item }) => item)
  }

  /** @param answered items of the batch that came back */
  returned(answered: number, nowMs: number): void {
    this.#inflight -= 1
    const { gathering, itemsMax } = this.#rules
    if (gathering === undefined || answered < gathering.siblingsMin || this.#inflight > 0) return
    const itemsWanted = Math.min(itemsMax, this.#waiting.length + answered)
    this.#held = { untilMs: nowMs + gathering.delayMs, itemsWanted }
  }

  /** Removes items past their deadline. */
  expire(isLate: (item: Item) => boolean): readonly Item[] {
    const late = this.#waiting.filter(({ item }) => isLate(item))
    if (late.length > 0) this.#waiting = this.#waiting.filter(({ item }) => !isLate(item))
    return late.map(({ item }) => item)
  }
}
