import type { Answers, LoadReport } from '../load/report.ts'
import type { Row } from '../measure/result.ts'
import { sampledRow } from '../measure/sampled-row.ts'

/** Figures of one level. */
export const units = {
  asked: { title: 'asked/s', unit: 'requests/s', better: 'higher' },
  goodput: { title: 'good/s', unit: 'requests/s', better: 'higher' },
  p50: { title: 'p50', unit: 'ms', better: 'lower' },
  p99: { title: 'p99', unit: 'ms', better: 'lower' },
  p999: { title: 'p99.9', unit: 'ms', better: 'lower' },
  shed: { title: 'shed/s', unit: 'requests/s', better: 'lower' },
  shedP99: { title: 'shed p99', unit: 'ms', better: 'lower' },
  failed: { title: 'failed %', unit: '%', better: 'lower' },
  critical: { title: 'critical', unit: '%', better: 'higher' },
  normal: { title: 'normal', unit: '%', better: 'higher' },
  background: { title: 'background', unit: '%', better: 'higher' },
  clients: { title: 'clients', unit: 'connections', better: 'lower' },
  database: { title: 'db', unit: 'connections', better: 'lower' },
  driver: { title: 'driver busy %', unit: '%', better: 'lower' },
  machine: { title: 'machine busy %', unit: '%', better: 'lower' },
} as const
export type MetricName = keyof typeof units
// The cast is safe: the object has no other keys.
export const metricNames = Object.keys(units) as readonly MetricName[]
export type Sample = Readonly<Record<MetricName, number>> & { readonly limitedBy?: string }

const goodPercent = (answers: Answers | undefined): number =>
  answers === undefined || answers.asked === 0 ? Number.NaN : (answers.good / answers.asked) * 100

export const rowOf = (level: string, samples: readonly Sample[]): Row =>
  sampledRow({ case: level, subject: 'Spillway' }, units, samples)

/**
 * @param databaseConnections maximum connections that the database has counted
 * @param machineBusy percent of the time of all cores that was in use
 */
export function sampleOf(
  report: LoadReport,
  databaseConnections = Number.NaN,
  machineBusy = Number.NaN,
): Sample {
  const { driver, streams, total, windowMs } = report
  const figures: Record<MetricName, number> = {
    asked: (total.asked / windowMs) * 1000,
    goodput: (total.good / windowMs) * 1000,
    p50: total.latency.p50,
    p99: total.latency.p99,
    p999: total.latency.p999,
    shed: (total.shed / windowMs) * 1000,
    shedP99: total.shedLatency.p99,
    failed: (total.failed / total.asked) * 100,
    critical: goodPercent(streams.critical),
    normal: goodPercent(streams.normal),
    background: goodPercent(streams.background),
    clients: report.connections,
    database: databaseConnections,
    driver: driver.busy * 100,
    machine: machineBusy,
  }
  if (driver.limitedBy === undefined) return figures
  const unknown = Object.fromEntries(Object.keys(figures).map((name) => [name, Number.NaN]))
  const { machine } = figures
  // The cast is safe: it has the names of the figures, and those that are no numbers follow.
  return { ...(unknown as typeof figures), driver: figures.driver, machine, limitedBy: driver.limitedBy }
}
