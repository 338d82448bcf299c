/**
 * Which bodies may be passed on while they arrive. A request holds a place here and at the origin from its first byte to
 * its answer, so a client that sends a body slowly holds one for as long as it likes; enough of them would hold all.
 * So a few may be under way, and the others ask for a place once they are here, which costs a body that arrives with
 * its header nothing.
 */
export class StreamedBodies<Body extends { readonly isComplete: boolean }> {
  readonly #startedAtMs = new Map<Body, number>()
  readonly #options: StreamedBodiesOptions

  constructor(options: StreamedBodiesOptions = streamedBodiesDefaults) {
    this.#options = options
  }

  /** Whether the body may go on before all of it is here; counts it, if so, until it is. */
  admits(body: Body, nowMs: number): boolean {
    const { countMax, openMsMax } = this.#options
    for (const [open, startedAtMs] of this.#startedAtMs) {
      // One that was given up is never complete, and nobody may be left to say so.
      if (open.isComplete || nowMs - startedAtMs > openMsMax) this.#startedAtMs.delete(open)
    }
    if (this.#startedAtMs.size >= countMax) return false
    this.#startedAtMs.set(body, nowMs)
    return true
  }
}

export interface StreamedBodiesOptions {
  readonly countMax: number
  /** A request is answered, one way or the other, within this time. */
  readonly openMsMax: number
}

/** A sixteenth of the requests that an isolate starts by having open. */
export const streamedBodiesDefaults: StreamedBodiesOptions = { countMax: 4, openMsMax: 2_000 }
