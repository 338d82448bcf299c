import { originMetrics, originNamespace, releaseMetrics } from '../origin-metrics.ts'
import { type AlarmsOf, type PlainMetric, threeOfFive } from './threshold-alarm.ts'

/** Requests a minute of each side below which nothing is compared. */
const requestsMin = 500
/** Percentage points of errors, and ms of the p99, by which a release may be worse than the former one. */
export const releaseErrorsMax = 0.5
export const releaseSlowerMaxMs = 50

const enough = `FILL(mine, 0) > ${requestsMin} && FILL(all, 0) - FILL(mine, 0) > ${requestsMin}`

/**
 * Comparison of the release that is being deployed with all others that serve at the same time: the same users, the
 * same database, the same minute. Outside a deployment there are no others, and the difference is 0.
 */
export const releaseExpressions = {
  /** Difference of the shares of internal errors, in percentage points. */
  errors: `IF(${enough}, 100 * FILL(bad, 0) / mine - 100 * (FILL(allBad, 0) - FILL(bad, 0)) / (all - mine), 0)`,
  /** Difference of the p99, averaged over the instances of each, in ms. */
  slower: `IF(${enough} && FILL(allCount, 0) > FILL(count, 0), 1000 * (time / count - (allTime - time) / (allCount - count)), 0)`,
} as const

const ofBoth = (
  name: string,
  statistic: PlainMetric['statistic'],
): readonly [mine: PlainMetric, all: PlainMetric] => [
  { ...{ namespace: originNamespace, name, of: 'release', statistic } },
  { ...{ namespace: originNamespace, name, of: 'stage', statistic } },
]
const [mine, all] = ofBoth(originMetrics.admitted, 'Sum')
const [bad, allBad] = ofBoth(releaseMetrics.problems, 'Sum')
const [time, allTime] = ofBoth(releaseMetrics.requestP99, 'Sum')
const [count, allCount] = ofBoth(releaseMetrics.requestP99, 'SampleCount')

/**
 * A release that is worse than the former one beside it. A deployment that triggers one is rolled back by itself, with
 * a third of the origins replaced (`OriginFleet`).
 */
export const releaseAlarms: AlarmsOf = () => [
  {
    ...threeOfFive,
    name: 'ReleaseErrors',
    metric: { expression: releaseExpressions.errors, metrics: { mine, all, bad, allBad }, label: 'errors' },
    datapointsToAlarm: 2,
    threshold: releaseErrorsMax,
    description: `The release that is being deployed has ${releaseErrorsMax} percentage points more internal errors than the former one; it is rolled back. Runbook: roll-back-origin.`,
  },
  {
    ...threeOfFive,
    name: 'ReleaseSlow',
    metric: {
      expression: releaseExpressions.slower,
      metrics: { mine, all, time, allTime, count, allCount },
      label: 'slower',
    },
    datapointsToAlarm: 2,
    threshold: releaseSlowerMaxMs,
    description: `The p99 of the release that is being deployed is ${releaseSlowerMaxMs} ms above that of the former one; it is rolled back. Runbook: roll-back-origin.`,
  },
]
