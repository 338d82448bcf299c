/**
 * Queue before several servers, each of which does one thing at a time (G/G/c, FIFO), as arithmetic: the end of a piece
 * of work is known on its arrival. No result depends on the precision of timers.
 */
export class ServerQueue {
  /** Time at which each server is free, in ms. */
  readonly #freeAt: number[]

  constructor(servers: number) {
    this.#freeAt = new Array<number>(servers).fill(0)
  }

  /** @returns the time at which the work is done, and the index of its server */
  admit(nowMs: number, workMs: number): { readonly doneAtMs: number; readonly server: number } {
    // The casts are safe: `server` is an index of the list, which is not empty.
    let server = 0
    for (const [index, freeAt] of this.#freeAt.entries()) {
      if (freeAt < (this.#freeAt[server] as number)) server = index
    }
    const doneAtMs = Math.max(nowMs, this.#freeAt[server] as number) + workMs
    this.#freeAt[server] = doneAtMs
    return { doneAtMs, server }
  }

  /** Adds work to a server after the fact: later arrivals wait for it, too. */
  extend(server: number, workMs: number): void {
    // The cast is safe: the caller has the index from `admit`.
    this.#freeAt[server] = (this.#freeAt[server] as number) + workMs
  }
}
