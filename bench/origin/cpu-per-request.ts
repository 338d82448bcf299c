import type { LoadReport } from '../load/report.ts'
import type { Row } from '../measure/result.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'

/** Figures of one server under one load. Times of the driver are left out where it was the limit. */
export interface Sample {
  /** CPU µs per good answer. */
  readonly server: number
  readonly database: number
  readonly together: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly limitedBy?: string
}

export const units = {
  server: { unit: 'CPU µs/request', better: 'lower' },
  database: { unit: 'CPU µs/request', better: 'lower' },
  together: { unit: 'CPU µs/request', better: 'lower' },
  requestsPerSecond: { unit: 'requests/s', better: 'higher' },
  p50: { unit: 'ms', better: 'lower' },
  p99: { unit: 'ms', better: 'lower' },
  p999: { unit: 'ms', better: 'lower' },
} as const satisfies Record<string, { unit: string; better: 'lower' | 'higher' }>

export type MetricName = keyof typeof units

/** Maximum share of unexpected answers; above it the figures are invalid. */
const failedShareMax = 0.001

/** @throws Error if too many answers were unexpected, since error pages are cheap to serve */
export function sampleOf(report: LoadReport, what: string): Sample {
  const { total, windowMs, cpuMs, driver } = report
  const bad = total.failed + total.shed
  if (total.ok === 0 || bad > total.asked * failedShareMax) {
    const failures = JSON.stringify({ ...total.failures, shed: total.shed })
    throw new Error(
      `${what}: ${bad} of ${total.asked} requests were not answered as they should: ${failures}`,
    )
  }
  const perRequest = (name: string) => ((cpuMs[name] ?? 0) * 1000) / total.ok
  const limited = driver.limitedBy !== undefined
  const ofTarget = (value: number) => (limited ? Number.NaN : value)
  return {
    server: perRequest('server'),
    database: perRequest('database'),
    together: perRequest('server') + perRequest('database'),
    requestsPerSecond: ofTarget((total.ok / windowMs) * 1000),
    p50: ofTarget(total.latency.p50),
    p99: ofTarget(total.latency.p99),
    p999: ofTarget(total.latency.p999),
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}

export const rowOf = (name: string, subject: string, samples: readonly Sample[]): Row =>
  sampledRow({ case: name, subject }, units, samples)

/** Medians, with the spread of the CPU time. */
export function printRows(name: string, samples: ReadonlyMap<string, readonly Sample[]>): string {
  const rows = [...samples].map(([subject, list]) => {
    const middle = (metric: MetricName) => figure(median(list.map((sample) => sample[metric])))
    const spread = spreadPercent(summarize(list.map(({ together }) => together)))
    return [
      subject,
      middle('server'),
      middle('database'),
      middle('together'),
      list.length > 1 ? `±${spread.toFixed(0)} %` : '',
      middle('requestsPerSecond'),
      middle('p50'),
      middle('p99'),
      middle('p999'),
      list.some(({ limitedBy }) => limitedBy !== undefined) ? 'driver-limited' : '',
    ]
  })
  const head = [name, 'server', 'mongod', 'together', 'spread', 'req/s', 'p50 ms', 'p99 ms', 'p99.9 ms', '']
  return table(head, rows)
}
