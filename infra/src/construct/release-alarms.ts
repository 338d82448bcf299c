import { Duration, Fn } from 'aws-cdk-lib'
import { type Alarm, type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageName } from '../config.ts'
import {
  originMetrics,
  originNamespace,
  releaseDimension,
  releaseMetrics,
  stageDimension,
} from '../origin-metrics.ts'
import type { Alarms } from './alarms.ts'

const period = Duration.minutes(1)

/** Requests a minute of each side below which nothing is compared. */
const requestsMin = 500
/** Percentage points of errors, and ms of the p99, by which a release may be worse than the former one. */
export const releaseErrorsMax = 0.5
export const releaseSlowerMaxMs = 50

/**
 * Comparison of the release that is being deployed with all others that serve at the same time: the same users, the same
 * database, the same minute. Outside a deployment there are no others, and the difference is 0.
 */
export const releaseExpressions = {
  /** Difference of the shares of internal errors, in percentage points. */
  errors:
    'IF(FILL(mine, 0) > MIN_REQUESTS && FILL(all, 0) - FILL(mine, 0) > MIN_REQUESTS, 100 * FILL(bad, 0) / mine - 100 * (FILL(allBad, 0) - FILL(bad, 0)) / (all - mine), 0)',
  /** Difference of the p99, averaged over the instances of each, in ms. */
  slower:
    'IF(FILL(mine, 0) > MIN_REQUESTS && FILL(all, 0) - FILL(mine, 0) > MIN_REQUESTS && FILL(allCount, 0) > FILL(count, 0), 1000 * (time / count - (allTime - time) / (allCount - count)), 0)',
} as const
export const expressionOf = (name: keyof typeof releaseExpressions): string =>
  releaseExpressions[name].replaceAll('MIN_REQUESTS', String(requestsMin))

/**
 * Alarms on a release that is worse than the former one beside it. A deployment that triggers one is rolled back by
 * itself, with a third of the origins replaced (`OriginFleet`).
 *
 * @param release the stack's parameter
 */
export function addReleaseAlarms(alarms: Alarms, stage: StageName, release: string): readonly Alarm[] {
  const commit = Fn.select(0, Fn.split('-', release))
  const pair = (metricName: string, statistic: string): readonly [mine: IMetric, all: IMetric] => {
    const of = (dimensionsMap: Record<string, string>) =>
      new Metric({ namespace: originNamespace, metricName, dimensionsMap, statistic, period })
    return [of({ [stageDimension]: stage, [releaseDimension]: commit }), of({ [stageDimension]: stage })]
  }
  const [mine, all] = pair(originMetrics.admitted, Stats.SUM)
  const [bad, allBad] = pair(releaseMetrics.problems, Stats.SUM)
  const [time, allTime] = pair(releaseMetrics.requestP99, Stats.SUM)
  const [count, allCount] = pair(releaseMetrics.requestP99, Stats.SAMPLE_COUNT)
  const expression = (name: keyof typeof releaseExpressions, usingMetrics: Record<string, IMetric>) =>
    new MathExpression({ expression: expressionOf(name), usingMetrics, period, label: name })
  return [
    alarms.keep('ReleaseErrors', {
      metric: expression('errors', { mine, all, bad, allBad }),
      threshold: releaseErrorsMax,
      minutes: 2,
      description: `The release that is being deployed has ${releaseErrorsMax} percentage points more internal errors than the former one; it is rolled back. Runbook: roll-back-origin.`,
    }),
    alarms.keep('ReleaseSlow', {
      metric: expression('slower', { mine, all, time, allTime, count, allCount }),
      threshold: releaseSlowerMaxMs,
      minutes: 2,
      description: `The p99 of the release that is being deployed is ${releaseSlowerMaxMs} ms above that of the former one; it is rolled back. Runbook: roll-back-origin.`,
    }),
  ]
}
