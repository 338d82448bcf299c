/**
 * Bounds the request bodies that are open at a time, streamed or buffered. A streamed request holds a slot here and at
 * the origin from its first byte to its answer, so a client that sends slowly holds it for as long as it likes, and
 * enough such clients would hold all slots. So only a few bodies are streamed. The others are buffered and ask for a
 * slot when they are complete, which costs nothing for a body that arrives with its header. Buffers take memory, so
 * their number is bounded as well.
 *
 * One owner may hold at most as many slots as are free: the dynamic threshold of Choudhury and Hahne ("Dynamic Queue
 * Length Thresholds for Shared-Memory Packet Switches", 1998, with α = 1). A single caller may take half of the slots
 * for a burst, two callers a third each, and a newcomer always finds one. Each slot stands for a bounded number of
 * bytes, so a share of slots is a share of memory.
 */
export class OpenBodies<Body extends { readonly isComplete: boolean }> {
  readonly #open = new Map<Body, Place>()
  readonly #countByOwner = new Map<string, number>()
  readonly #options: OpenBodiesOptions

  constructor(options: OpenBodiesOptions) {
    this.#options = options
  }

  /**
   * Takes a slot until the body is complete or {@link leave} is called.
   *
   * @param owner the body's owner: a subject, or the address of a caller without a token
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

  /** Frees the slot of a body that is answered or given up; does nothing without one. */
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

  /** @param isHasty whether to stop at the oldest body that is still open; few behind it are complete */
  #forget(nowMs: number, isHasty: boolean): void {
    for (const [body, { sinceMs }] of this.#open) {
      // Owners free their slots, unless the runtime tore down the request and no code is left to do it.
      if (body.isComplete || nowMs - sinceMs > this.#options.openMsMax) this.leave(body)
      else if (isHasty) return
    }
  }
}

/** `over-share`: slots are free, but this owner holds as many as are left. */
export type Entry = 'entered' | 'full' | 'over-share'

interface Place {
  readonly owner: string
  readonly sinceMs: number
}

export interface OpenBodiesOptions {
  readonly countMax: number
  /** Longest time from a request's first byte to its answer. */
  readonly openMsMax: number
}

/** Streamed bodies: a sixteenth of the initial limit on requests in flight. */
export const streamedBodies: OpenBodiesOptions = { countMax: 4, openMsMax: 2_000 }

/** Buffered bodies of up to a quarter of a MiB each: at most 24 MiB of an isolate's 128. */
export const waitingBodies: OpenBodiesOptions = { countMax: 96, openMsMax: 2_000 }

/** Buffered bodies with a short declared length: at most 8 MiB. */
export const shortBodies: OpenBodiesOptions = { countMax: 512, openMsMax: 2_000 }
