import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '@spillway/origin/contract'
import type { ReadChanges } from '../events/read-changes.ts'
import { isKept } from '../store/change-log.ts'
import type { ChangePage, ChangeTail } from './change-tail.ts'

export interface FeedPagesOptions {
  readonly read: ReadChanges
  readonly tail: ChangeTail
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
}

/** Longest time that a reader who catches up waits for other work, in ms. */
const patienceMs = 10_000

/** Pages of the log of one resource: from the tail in memory, or from the database for readers far behind. */
export class FeedPages {
  readonly #options: FeedPagesOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: FeedPagesOptions) {
    this.#options = options
  }

  /** The position of the last entry of the log. */
  last(): Promise<number> {
    return this.#options.read.lastPosition()
  }

  /**
   * Entries after a position, for a request that holds a permit.
   * @returns `expired` if entries after the position may be gone, or the log never had it
   */
  async after(resource: Resource, position: number, limit: number): Promise<ChangePage | 'expired'> {
    return this.#options.tail.after(resource.name, position, limit) ?? this.#stored(resource, position, limit)
  }

  /**
   * The same for a reader who holds no permit any more. Those who are far behind read the database one after the other, and
   * when nobody else needs it.
   */
  async afterInTurn(resource: Resource, position: number, limit: number): Promise<ChangePage | 'expired'> {
    const held = this.#options.tail.after(resource.name, position, limit)
    if (held !== undefined) return held
    const turn = this.#turn.then(async () => {
      const untilMs = performance.now() + patienceMs
      while (this.#options.isBusy() && performance.now() < untilMs) await sleep(50)
      return this.after(resource, position, limit)
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #stored(resource: Resource, position: number, limit: number): Promise<ChangePage | 'expired'> {
    const { read, now } = this.#options
    // Read before the entries: what is logged between the two is then on this page or after its position.
    const last = await read.lastPosition()
    const [next] = await read.changesAfter(position, 1)
    if (next === undefined) {
      return position > last ? 'expired' : { changes: [], position, more: false }
    }
    if (next._id !== position + 1 || !isKept(next, resource.events?.keepMs ?? 0, now())) return 'expired'
    const changes = await read.changesOf(resource.name, position, limit)
    const end = changes.at(-1)?._id ?? position
    const more = changes.length === limit
    return { changes, position: more ? end : Math.max(end, last), more }
  }
}
