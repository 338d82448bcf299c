import { priorities } from '@spillway/origin/contract'

/** The part of an item by which it waits. */
export interface WaitingItem {
  readonly key: string
  /** Start of its wait, in ms of the clock. */
  readonly since: number
  /** Rank of its priority; 0 is the most important. */
  rank: number
}

/**
 * Items that wait for a batch: the more important first, and in order of arrival within a priority. So a steady stream
 * of important items can hold up the others until their deadlines, but no item waits for a later one of its own
 * priority.
 */
export class WaitingItems<Item extends WaitingItem> {
  readonly #byRank: Item[][] = priorities.map(() => [])

  get length(): number {
    let length = 0
    for (const items of this.#byRank) length += items.length
    return length
  }

  /** Start of the longest wait, in ms of the clock; infinite without items. */
  get oldestSince(): number {
    let since = Number.POSITIVE_INFINITY
    for (const [first] of this.#byRank) if (first !== undefined && first.since < since) since = first.since
    return since
  }

  /** Rank of the most important item; infinite without items. */
  get firstRank(): number {
    const rank = this.#byRank.findIndex((items) => items.length > 0)
    return rank === -1 ? Number.POSITIVE_INFINITY : rank
  }

  /** Number of items that go before a new one of this rank. */
  before(rank: number): number {
    let before = 0
    for (const items of this.#byRank.slice(0, rank + 1)) before += items.length
    return before
  }

  push(item: Item): void {
    this.#byRank[item.rank]?.push(item)
  }

  /** Lets an item that a more important caller needs go as early as if it had been that important from the start. */
  raise(item: Item, rank: number): void {
    if (item.rank <= rank) return
    const to = this.#byRank[rank]
    const from = this.#byRank[item.rank]
    from?.splice(from.indexOf(item), 1)
    item.rank = rank
    to?.splice(to.findLastIndex(({ since }) => since <= item.since) + 1, 0, item)
  }

  /** Raises the items of a key, which a more important one of that key must not overtake. */
  raiseKey(key: string, rank: number): void {
    for (const items of this.#byRank.slice(rank + 1)) {
      for (const item of items.filter((one) => one.key === key)) this.raise(item, rank)
    }
  }

  /** Visits the items in order, and keeps those for which `keep` returns true. */
  retain(keep: (item: Item) => boolean): void {
    for (const [rank, items] of this.#byRank.entries()) {
      // perf: most lanes have items of one priority.
      if (items.length > 0) this.#byRank[rank] = items.filter(keep)
    }
  }
}
