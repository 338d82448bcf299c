import type { Plan } from '../scenarios/plan.ts'
import { durationMs, usersMax } from '../scenarios/scenario.ts'
import type { Counts, Summary } from '../scenarios/summary.ts'
import { countedReasons } from './counted-reasons.ts'
import { failureMetric, metricNames } from './metric-names.ts'

/** Argument of k6's `handleSummary`: the parts that are read here. */
export interface K6Data {
  readonly metrics: Readonly<
    Record<string, { readonly values: Readonly<Record<string, number>> } | undefined>
  >
  readonly state?: { readonly testRunDurationMs?: number }
}

/** Share of arrivals without a free virtual user above which the offered load was too low. */
const droppedShareMax = 0.001

/** k6's metrics → the summary that our own driver prints. */
export function summaryOfK6(data: K6Data, { scenario, operations, scale, target }: Plan): Summary {
  const value = (metric: string, name: string) => data.metrics[metric]?.values[name]
  const count = (metric: string) => value(metric, 'count') ?? 0
  const countsOf = (operation: string): Counts => {
    const names = metricNames(operation)
    const ok = (name: string) => value(names.okMs, name) ?? Number.NaN
    return {
      asked: count(names.asked),
      good: count(names.good),
      refused: count(names.refused),
      ok: value(names.okMs, 'count') ?? 0,
      shed: count(names.shed),
      failed: count(names.failed),
      p50: ok('p(50)'),
      p90: ok('p(90)'),
      p99: ok('p(99)'),
      p999: ok('p(99.9)'),
      max: ok('max'),
    }
  }
  const total = countsOf('all')
  const dropped = count('dropped_iterations')
  const failures = [...countedReasons, 'other'].map(
    (reason) => [reason, count(failureMetric(reason))] as const,
  )
  return {
    scenario: scenario.name,
    target,
    driver: 'k6',
    scale,
    usersMax: usersMax(scenario),
    seconds: (data.state?.testRunDurationMs ?? durationMs(scenario)) / 1000,
    total,
    operations: Object.fromEntries(operations.map(({ name }) => [name, countsOf(name)])),
    failures: Object.fromEntries(failures.filter(([, count]) => count > 0)),
    ...(dropped > (total.asked + dropped) * droppedShareMax && {
      limitedBy: `k6 left out ${dropped} requests, because all its virtual users were waiting for answers`,
    }),
  }
}
