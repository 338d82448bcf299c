import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type Static, Type } from 'typebox'

export const Latency = Type.Object(
  {
    count: Type.Integer(),
    p50: Type.Number(),
    p90: Type.Number(),
    p99: Type.Number(),
    p999: Type.Number(),
    max: Type.Number(),
  },
  { description: 'In ms.' },
)
export type Latency = Static<typeof Latency>

/** Maximum recorded latency: an hour. */
const longestUs = 3_600_000_000

/**
 * Latencies in a high dynamic range histogram (HdrHistogram, built into Node): exact to three digits from a microsecond
 * to an hour, at a cost that does not grow with their number.
 */
export class LatencyHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: longestUs, figures: 3 })

  record(ms: number): void {
    this.#histogram.record(Math.min(longestUs, Math.max(1, Math.round(ms * 1000))))
  }

  /** Every figure is `NaN` if nothing was recorded, since 0 would look fast. */
  summary(): Latency {
    const { count, max } = this.#histogram
    const at = (percentile: number) =>
      count === 0 ? Number.NaN : this.#histogram.percentile(percentile) / 1000
    return {
      count,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: count === 0 ? Number.NaN : max / 1000,
    }
  }
}
