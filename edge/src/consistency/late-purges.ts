/**
 * Second purges, for writes of unknown outcome. Such a write may commit after its tags were purged, and an answer
 * fetched in between would then be served stale for its whole lifetime. So the tags are purged again once the write has
 * either committed or never will.
 *
 * Tags that fall due in the same time slot are purged together, by the request that opened the slot. So there is one
 * waiting request per slot, however many writes an outage loses, and no timer exceeds the time that a runtime grants to
 * work after an answer (30 s at Cloudflare).
 */
export class LatePurges {
  readonly #options: LatePurgesOptions
  /** Tags by the number of the slot in which they are due. */
  readonly #slots = new Map<number, Set<string>>()

  constructor(options: LatePurgesOptions) {
    this.#options = options
  }

  /**
   * @param purge drops the tags when they are due
   * @returns work to keep alive; `undefined` when another request already purges these tags
   */
  add(tags: readonly string[], purge: (tags: readonly string[]) => Promise<void>): Promise<void> | undefined {
    const { now, delayMs, slotMs = 1_000, tagsMax = 1_000 } = this.#options
    const nowMs = now()
    const slot = Math.ceil((nowMs + delayMs) / slotMs)
    const open = this.#slots.get(slot)
    if (open === undefined) {
      this.#forgetLost(Math.floor(nowMs / slotMs))
      const due = new Set(tags.slice(0, tagsMax))
      this.#slots.set(slot, due)
      return this.#purgeAt(slot, slot * slotMs - nowMs, due, purge)
    }
    // A full slot drops the tag: its stored answers may stay stale until they expire.
    for (const tag of tags) if (open.size < tagsMax) open.add(tag)
    return undefined
  }

  async #purgeAt(
    slot: number,
    delayMs: number,
    due: ReadonlySet<string>,
    purge: (tags: readonly string[]) => Promise<void>,
  ): Promise<void> {
    await this.#options.sleep(delayMs)
    this.#slots.delete(slot)
    await purge([...due])
  }

  /** Drops slots whose request was lost: the runtime may drop a request together with its pending work. */
  #forgetLost(nowSlot: number): void {
    for (const slot of this.#slots.keys()) if (slot < nowSlot) this.#slots.delete(slot)
  }
}

export interface LatePurgesOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Delay between the first purge and the second. */
  readonly delayMs: number
  /** @default 1000 */
  readonly slotMs?: number
  /** Tags of one slot. @default 1000 */
  readonly tagsMax?: number
}
