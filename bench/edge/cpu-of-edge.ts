import type { LoadReport } from '../load/report.ts'
import type { Row } from '../measure/result.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'

/** Figures of one server under one load. */
export interface Sample {
  /** CPU µs for one answer. */
  readonly cpu: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly limitedBy?: string
}

const units = {
  cpu: { unit: 'CPU µs/request', better: 'lower' },
  requestsPerSecond: { unit: 'requests/s', better: 'higher' },
  p50: { unit: 'ms', better: 'lower' },
  p99: { unit: 'ms', better: 'lower' },
  p999: { unit: 'ms', better: 'lower' },
} as const
type MetricName = keyof typeof units

/**
 * Maximum share of answers of another kind than expected: an edge that sheds still lets a few requests through as
 * probes.
 */
const othersShareMax = 0.01

/** @throws Error if too many answers were of another kind than expected */
export function sampleOf(report: LoadReport, expected: 'ok' | 'shed', name: string): Sample {
  const { cpuMs, driver, total, windowMs } = report
  const count = total[expected]
  if (count === 0 || total.asked - count > total.asked * othersShareMax) {
    const { ok, shed, failures } = total
    throw new Error(
      `${name}: of ${total.asked} answers ${count} were ${expected}: ${JSON.stringify({ ok, shed, ...failures })}`,
    )
  }
  const latency = expected === 'ok' ? total.latency : total.shedLatency
  const limited = driver.limitedBy !== undefined
  const ofTarget = (value: number) => (limited ? Number.NaN : value)
  return {
    cpu: ((cpuMs.server ?? Number.NaN) * 1000) / count,
    requestsPerSecond: ofTarget((count / windowMs) * 1000),
    p50: ofTarget(latency.p50),
    p99: ofTarget(latency.p99),
    p999: ofTarget(latency.p999),
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}

export const rowOf = (subject: string, samples: readonly Sample[]): Row =>
  sampledRow({ case: 'edge', subject }, units, samples)

export function printSamples(samples: ReadonlyMap<string, readonly Sample[]>): string {
  const rows = [...samples].map(([name, list]) => {
    const middle = (metric: MetricName) => figure(median(list.map((sample) => sample[metric])))
    const isLimited = list.some(({ limitedBy }) => limitedBy !== undefined)
    return [
      name,
      middle('cpu'),
      `±${spreadPercent(summarize(list.map(({ cpu }) => cpu))).toFixed(0)} %`,
      middle('requestsPerSecond'),
      middle('p50'),
      middle('p99'),
      middle('p999'),
      isLimited ? 'driver-limited' : '',
    ]
  })
  return table(['edge', 'CPU µs', 'spread', 'req/s', 'p50 ms', 'p99 ms', 'p99.9 ms', ''], rows)
}
