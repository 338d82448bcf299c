import { type Duration, durationSeconds } from '@spillway/origin/contract'

/** A clock that only moves when it is told to. Timers and deadlines keep the machine's time. */
export class TestClock {
  #nowMs: number

  /** @param start RFC 3339 time at which it stands */
  constructor(start: string) {
    this.#nowMs = Date.parse(start)
    if (Number.isNaN(this.#nowMs))
      throw new TypeError(`'${start}' is not a time: use one such as 2027-01-01T00:00:00Z`)
  }

  /** Milliseconds since the epoch. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** @returns the new time, as documents have it */
  advance(by: Duration): string {
    this.#nowMs += durationSeconds(by) * 1_000
    return new Date(this.#nowMs).toISOString()
  }
}
