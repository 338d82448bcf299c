/**
 * The latest useful time for an origin's answer, and one timer for all that a request awaits until then. perf: setting
 * and clearing a timer costs the runtime more than the wait itself, so the timer is never cleared; when it fires
 * nothing may be left to end, and the runtime drops it with the request.
 */
export class Deadline {
  /** Epoch milliseconds. */
  readonly atMs: number
  /** Resolves when it passes, to race against. Never, if the request ends before. */
  readonly passed: Promise<undefined>

  constructor(atMs: number, nowMs: number) {
    this.atMs = atMs
    this.passed = new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, atMs - nowMs), undefined)
    })
  }
}
