/**
 * Purges that follow writes of unknown outcome. Such a write may land after its tags were purged, and what was fetched in
 * between would be served for as long as it is fresh: so the tags are purged once more, when it has landed or never will.
 *
 * Tags that fall due in the same slot are purged together, by the request that came first. So there is one waiting
 * request a slot, however many writes are lost in an outage, and no timer outlives the time that a runtime gives to work
 * behind an answer (30 s at Cloudflare).
 */
export class LatePurges {
  readonly #options: LatePurgesOptions
  /** Tags by the number of the slot in which they fall due. */
  readonly #slots = new Map<number, Set<string>>()

  constructor(options: LatePurgesOptions) {
    this.#options = options
  }

  /**
   * @param purge drops the tags, once the time has come
   * @returns work to be kept going, where nobody else sees to these tags already
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
    // A tag that finds no room is not purged again: its answers may be stale for their max-age.
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

  /** Slots that nobody will come back to: the runtime may drop a request together with what it still had to do. */
  #forgetLost(nowSlot: number): void {
    for (const slot of this.#slots.keys()) if (slot < nowSlot) this.#slots.delete(slot)
  }
}

export interface LatePurgesOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** How long after the first purge the second one follows. */
  readonly delayMs: number
  /** @default 1000 */
  readonly slotMs?: number
  /** Tags of one slot. @default 1000 */
  readonly tagsMax?: number
}
