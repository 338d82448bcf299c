/** Clock that jumps to the next planned event: a minute of purges takes a moment, and always the same result. */
export class VirtualTime {
  #nowMs = 0
  #order = 0
  readonly #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = []

  readonly now = (): number => this.#nowMs

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => this.at(this.#nowMs + ms, resolve))

  /** Calls back at that time; callbacks of the same time run in the order of these calls. */
  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, run }
    this.#order += 1
    let place = this.#events.length
    while (place > 0 && (this.#events[place - 1]?.atMs ?? 0) <= event.atMs) place -= 1
    this.#events.splice(place, 0, event)
  }

  /** Runs until nothing is planned, or until the given time. */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      // Promise callbacks of one time run before those of the next.
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#events.at(-1)
      if (next === undefined || next.atMs > untilMs) return
      this.#nowMs = next.atMs
      while (this.#events.at(-1)?.atMs === this.#nowMs) this.#events.pop()?.run()
    }
  }
}

/** Pseudo-random numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
