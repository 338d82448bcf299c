/**
 * How many bodies may be open at a time: some passed on while they arrive, some waited for. A request holds a place
 * here and at the origin from its first byte to its answer, so a client that sends a body slowly holds one for as long
 * as it likes; enough of them would hold all. So a few may be under way, and the others ask for a place once they are
 * here, which costs a body that arrives with its header nothing. Those are held in memory meanwhile, so their number
 * has a limit, too.
 */
export class OpenBodies<Body extends { readonly isComplete: boolean }> {
  readonly #startedAtMs = new Map<Body, number>()
  readonly #options: OpenBodiesOptions

  constructor(options: OpenBodiesOptions) {
    this.#options = options
  }

  /** Whether there is room for one more; counts it, if so, until all of it is here. */
  admits(body: Body, nowMs: number): boolean {
    const { countMax } = this.#options
    this.#forget(nowMs, true)
    if (this.#startedAtMs.size >= countMax) this.#forget(nowMs, false)
    if (this.#startedAtMs.size >= countMax) return false
    this.#startedAtMs.set(body, nowMs)
    return true
  }

  /** @param isHasty whether to look no further than the oldest that is still open, behind which few are not */
  #forget(nowMs: number, isHasty: boolean): void {
    for (const [open, startedAtMs] of this.#startedAtMs) {
      // One that was given up is never complete, and nobody may be left to say so.
      if (open.isComplete || nowMs - startedAtMs > this.#options.openMsMax) this.#startedAtMs.delete(open)
      else if (isHasty) return
    }
  }
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
