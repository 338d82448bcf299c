import type { Answers, LoadReport } from '../load/report.ts'
import type { Units } from '../measure/sampled-row.ts'

const ms = { unit: 'ms', better: 'lower' } as const

/** Figures of one subject under one load. */
export const units = {
  requestsPerSecond: { unit: 'requests/s', better: 'higher' },
  ...{ p50: ms, p99: ms, p999: ms },
  ...{ readP50: ms, readP99: ms, readP999: ms },
  ...{ writeP50: ms, writeP99: ms, writeP999: ms },
  badPercent: { unit: '%', better: 'lower' },
} as const satisfies Units<string>
export type MetricName = keyof typeof units

export type TailSample = Readonly<Record<MetricName, number>> & { readonly limitedBy?: string }

/** Above this share of refusals and failures, latencies describe a selection: they are left out. */
const badPercentMax = 1

export function tailSample({ total, streams, windowMs, driver }: LoadReport): TailSample {
  const badPercent = (100 * (total.shed + total.failed)) / total.asked
  const isFair = driver.limitedBy === undefined && badPercent <= badPercentMax
  const of = (answers: Answers | undefined, figure: 'p50' | 'p99' | 'p999') =>
    isFair ? (answers?.latency[figure] ?? Number.NaN) : Number.NaN
  const { reads, writes } = streams
  return {
    requestsPerSecond: (total.ok / windowMs) * 1_000,
    ...{ p50: of(total, 'p50'), p99: of(total, 'p99'), p999: of(total, 'p999') },
    ...{ readP50: of(reads, 'p50'), readP99: of(reads, 'p99'), readP999: of(reads, 'p999') },
    ...{ writeP50: of(writes, 'p50'), writeP99: of(writes, 'p99'), writeP999: of(writes, 'p999') },
    badPercent,
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}
