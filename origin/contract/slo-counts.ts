import type { Priority } from './priority.ts'
import type { Slo } from './slo.ts'

/** Answers of one priority, as its objective judges them. */
export interface SloCounts {
  readonly answers: number
  /** With a status of 500 or more. */
  readonly failed: number
  /**
   * With a lower status, and without more time than usual (feeds, exports, slow actions): those that latency is for.
   */
  readonly timed: number
  /** Timed, and later than the objective's `latency.ms`. */
  readonly slow: number
}

export const noSloCounts: SloCounts = { answers: 0, failed: 0, timed: 0, slow: 0 }

/** An answer to be counted. */
export interface CountedAnswer {
  readonly status: number
  readonly durationMs: number
  /** Whether requests of its kind have more time than others. @default false */
  readonly takesItsTime?: boolean | undefined
}

/** Counts answers by priority. Both tiers count alike, so that their figures can be compared. */
export class SloTotals {
  readonly #latencyMs: Readonly<Record<Priority, number>>
  readonly counts: Readonly<Record<Priority, { -readonly [Name in keyof SloCounts]: number }>> = {
    critical: { ...noSloCounts },
    normal: { ...noSloCounts },
    background: { ...noSloCounts },
  }

  constructor({ objectives }: Slo) {
    this.#latencyMs = {
      critical: objectives.critical.latency.ms,
      normal: objectives.normal.latency.ms,
      background: objectives.background.latency.ms,
    }
  }

  /** @param times how many equal answers there were */
  add(priority: Priority, { status, durationMs, takesItsTime = false }: CountedAnswer, times = 1): void {
    const counts = this.counts[priority]
    counts.answers += times
    if (status >= 500) counts.failed += times
    else if (!takesItsTime) {
      counts.timed += times
      if (durationMs > this.#latencyMs[priority]) counts.slow += times
    }
  }
}

/** Sum of two counts. */
export const plusSloCounts = (one: SloCounts, other: SloCounts): SloCounts => ({
  answers: one.answers + other.answers,
  failed: one.failed + other.failed,
  timed: one.timed + other.timed,
  slow: one.slow + other.slow,
})
