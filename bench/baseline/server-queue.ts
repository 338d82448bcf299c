/**
 * Servers that work through what comes in order, each on one thing at a time (G/G/c, FIFO), as arithmetic: when work is
 * admitted it is known when it will be done. Nothing is late because a timer was.
 */
export class ServerQueue {
  /** Time at which each server is free, in ms. */
  readonly #freeAt: number[]

  constructor(servers: number) {
    this.#freeAt = new Array<number>(servers).fill(0)
  }

  /** @returns when the work is done, and which server does it */
  admit(nowMs: number, workMs: number): { readonly doneAtMs: number; readonly server: number } {
    let server = 0
    for (const [index, freeAt] of this.#freeAt.entries()) {
      if (freeAt < (this.#freeAt[server] as number)) server = index
    }
    const doneAtMs = Math.max(nowMs, this.#freeAt[server] as number) + workMs
    this.#freeAt[server] = doneAtMs
    return { doneAtMs, server }
  }

  /** Work that turned out to be more than was thought: whoever comes next waits for it as well. */
  extend(server: number, workMs: number): void {
    this.#freeAt[server] = (this.#freeAt[server] as number) + workMs
  }
}
