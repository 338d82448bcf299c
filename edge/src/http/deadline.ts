/**
 * The instant until which an answer of the origin's is of use, and the one timer that watches over it. Whatever is being
 * waited for hangs on to it, one thing after the other: setting a timer and calling it off costs the runtime more than all
 * the waiting does. It is never called off, since what it would end has ended by then, and the runtime drops it together
 * with the request.
 */
export class Deadline {
  /** Epoch milliseconds. */
  readonly atMs: number
  #onLate: (() => void) | undefined
  #isOver = false

  constructor(atMs: number, nowMs: number) {
    this.atMs = atMs
    setTimeout(
      () => {
        this.#isOver = true
        this.#onLate?.()
      },
      Math.max(0, atMs - nowMs),
    )
  }

  /** @param onLate called when the time is up, at once where it is, in place of what was to be called before */
  watch(onLate: () => void): void {
    this.#onLate = onLate
    if (this.#isOver) onLate()
  }

  /** Nothing is waited for any more. */
  release(): void {
    this.#onLate = undefined
  }
}
