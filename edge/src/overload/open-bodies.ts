/**
 * How many bodies may be open at a time: some passed on while they arrive, some waited for. A request holds a place
 * here and at the origin from its first byte to its answer, so a client that sends a body slowly holds one for as long
 * as it likes; enough of them would hold all. So a few may be under way, and the others ask for a place once they are
 * here, which costs a body that arrives with its header nothing. Those are held in memory meanwhile, so their number
 * has a limit, too.
 *
 * Nobody may hold more places than are still free: the dynamic threshold of Choudhury and Hahne ("Dynamic Queue Length
 * Thresholds for Shared-Memory Packet Switches", 1998, with α = 1). One caller alone has half of them for a burst of its
 * own, two have a third each, and there is always room for somebody new. Since each place stands for a bounded number of
 * bytes, a share of the places is one of the memory.
 */
export class OpenBodies<Body extends { readonly isComplete: boolean }> {
  readonly #open = new Map<Body, Place>()
  readonly #countByOwner = new Map<string, number>()
  readonly #options: OpenBodiesOptions

  constructor(options: OpenBodiesOptions) {
    this.#options = options
  }

  /**
   * Takes a place for a body until all of it is here or {@link leave} is called.
   *
   * @param owner whose body it is: a subject, or the address of a caller without a token
   */
  enter(body: Body, owner: string, nowMs: number): Entry {
    this.#forget(nowMs, true)
    if (this.#refusal(owner) !== undefined) this.#forget(nowMs, false)
    const refusal = this.#refusal(owner)
    if (refusal !== undefined) return refusal
    this.#open.set(body, { owner, sinceMs: nowMs })
    this.#countByOwner.set(owner, this.#countOf(owner) + 1)
    return 'entered'
  }

  /** Frees the place of a body that is answered or given up; nothing where it has none. */
  leave(body: Body): void {
    const place = this.#open.get(body)
    if (place === undefined) return
    this.#open.delete(body)
    const left = this.#countOf(place.owner) - 1
    if (left === 0) this.#countByOwner.delete(place.owner)
    else this.#countByOwner.set(place.owner, left)
  }

  #refusal(owner: string): Exclude<Entry, 'entered'> | undefined {
    const free = this.#options.countMax - this.#open.size
    if (free <= 0) return 'full'
    return this.#countOf(owner) < free ? undefined : 'over-share'
  }

  #countOf(owner: string): number {
    return this.#countByOwner.get(owner) ?? 0
  }

  /** @param isHasty whether to look no further than the oldest that is still open, behind which few are not */
  #forget(nowMs: number, isHasty: boolean): void {
    for (const [body, { sinceMs }] of this.#open) {
      // The holder of a place leaves it, except where the runtime has torn down the request and nobody is left to do so.
      if (body.isComplete || nowMs - sinceMs > this.#options.openMsMax) this.leave(body)
      else if (isHasty) return
    }
  }
}

/** `over-share`: there is room, and this owner holds as much as is left of it. */
export type Entry = 'entered' | 'full' | 'over-share'

interface Place {
  readonly owner: string
  readonly sinceMs: number
}

export interface OpenBodiesOptions {
  readonly countMax: number
  /** A request is answered, one way or the other, within this time. */
  readonly openMsMax: number
}

/** Passed on while they arrive: a sixteenth of the requests that an isolate starts by having open. */
export const streamedBodies: OpenBodiesOptions = { countMax: 4, openMsMax: 2_000 }

/** Waited for, a quarter of a MiB each: 24 MiB of an isolate's 128 at the most. */
export const waitingBodies: OpenBodiesOptions = { countMax: 96, openMsMax: 2_000 }

/** Waited for, and short by what they say: 8 MiB at the most. */
export const shortBodies: OpenBodiesOptions = { countMax: 512, openMsMax: 2_000 }
