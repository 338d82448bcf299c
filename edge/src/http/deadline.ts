/**
 * The latest useful time for an origin's answer, and one timer for it. A request awaits one thing after another, and
 * each registers with this timer in turn. perf: setting and clearing a timer costs the runtime more than the wait
 * itself, so the timer is never cleared; when it fires nothing may be left to abort, and the runtime drops it with the
 * request.
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

  /** @param onLate called when the deadline passes, or at once if it has; replaces the previous callback */
  watch(onLate: () => void): void {
    this.#onLate = onLate
    if (this.#isOver) onLate()
  }

  /** Unregisters the callback. */
  release(): void {
    this.#onLate = undefined
  }
}
