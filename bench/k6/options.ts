import type { Scenario as K6Scenario, Options } from 'k6/options'
import { rateCurve, type Scenario, type Threshold, type UserPoint, usersMax } from '../scenarios/scenario.ts'
import { metricNames, shareMetrics } from './metric-names.ts'

/** Rates are integers in k6: per ten seconds they are precise enough. */
const timeUnitSeconds = 10

/**
 * A scenario in k6's terms. Open arrivals are a ramping arrival rate, whose iterations start on time while virtual
 * users are free; closed users are ramping virtual users.
 */
export function k6Options(scenario: Scenario): Options {
  return {
    discardResponseBodies: true,
    userAgent: 'spillway-bench',
    scenarios: { [scenario.name.replace(/\W/g, '_')]: executorOf(scenario) },
    thresholds: Object.fromEntries(scenario.thresholds.map(thresholdOf)),
    summaryTrendStats: ['count', 'p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
  }
}

function executorOf(scenario: Scenario): K6Scenario {
  const gracefulStop = `${scenario.timeoutMs}ms`
  if (scenario.behaviour.kind === 'closed') {
    return {
      executor: 'ramping-vus',
      startVUs: Math.round(scenario.users[0].users),
      stages: stagesOf(scenario.users, ({ users }) => users),
      gracefulStop,
      gracefulRampDown: gracefulStop,
    }
  }
  const curve = rateCurve(scenario)
  const perUnit = ({ perSecond }: { readonly perSecond: number }) => perSecond * timeUnitSeconds
  const perSecondMax = Math.max(...curve.map(({ perSecond }) => perSecond))
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.round(perUnit(curve[0] ?? { perSecond: 0 })),
    timeUnit: `${timeUnitSeconds}s`,
    stages: stagesOf(curve, perUnit),
    // Enough virtual users for answers that take the whole useful time at the highest rate, and at most one per user.
    preAllocatedVUs: Math.max(1, Math.ceil(perSecondMax * (scenario.usefulMs / 1000))),
    maxVUs: Math.max(1, Math.ceil(usersMax(scenario)), Math.ceil(perSecondMax * 2)),
    gracefulStop,
  }
}

function stagesOf<Point extends Pick<UserPoint, 'atMs'>>(
  points: readonly Point[],
  target: (point: Point) => number,
): { duration: string; target: number }[] {
  return points.slice(1).map((point, i) => ({
    duration: `${Math.round(point.atMs - (points[i]?.atMs ?? 0))}ms`,
    target: Math.round(target(point)),
  }))
}

function thresholdOf({ metric, holds, limit }: Threshold): [string, string[]] {
  switch (metric) {
    case 'goodPercent':
      return [shareMetrics.good, [`rate${holds}${limit / 100}`]]
    case 'failedPercent':
      return [shareMetrics.failed, [`rate${holds}${limit / 100}`]]
    case 'p50Ms':
      return [metricNames('all').okMs, [`p(50)${holds}${limit}`]]
    case 'p99Ms':
      return [metricNames('all').okMs, [`p(99)${holds}${limit}`]]
  }
}
