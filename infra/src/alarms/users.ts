import { deadline } from '@spillway/origin/contract'
import { shed } from './signals.ts'
import { type AlarmsOf, fiveOfFive, type PlainMetric, threeOfFive } from './threshold-alarm.ts'

/** Share of a request's time that the slowest of a hundred may take. */
const slowShare = 0.3

const namespace = 'AWS/ApplicationELB'
const targets = (name: string, statistic: PlainMetric['statistic']): PlainMetric => ({
  ...{ namespace, name, of: 'targets', statistic },
})

export const requests = targets('RequestCount', 'Sum')

/** Symptoms that users notice. A deployment that triggers one is rolled back. */
export const userAlarms: AlarmsOf = () => [
  {
    ...threeOfFive,
    name: 'OriginErrors',
    metric: {
      // A shed request is a 503 with Retry-After and has its own alarm, so it is subtracted here. Responses of the
      // balancer itself (no origin in service, connection cut) count as requests of no target.
      expression:
        '100 * (FILL(failed, 0) + FILL(unreached, 0) - FILL(shed, 0)) / (FILL(requests, 0) + FILL(unreached, 0))',
      metrics: {
        unreached: { namespace, name: 'HTTPCode_ELB_5XX_Count', of: 'balancer', statistic: 'Sum' },
        failed: targets('HTTPCode_Target_5XX_Count', 'Sum'),
        requests,
        shed,
      },
      label: 'errors (%)',
    },
    threshold: 1,
    description:
      'More than 1 % of what the edge asks ends in an error, sheds aside. Runbook: roll-back-origin, database-failover.',
  },
  {
    ...threeOfFive,
    name: 'OriginSlow',
    metric: targets('TargetResponseTime', 'p99'),
    // Below the deadline, at which the edge gives up: what takes that long has no response time at all.
    threshold: slowShare * (deadline.budgetMs / 1_000),
    description: 'p99 of admitted requests is over 30 % of the promised second. Runbook: scale-out.',
  },
  {
    ...fiveOfFive,
    name: 'OriginUnready',
    metric: targets('UnHealthyHostCount', 'Maximum'),
    threshold: 0,
    description:
      'An instance in service is not ready for 5 minutes. Runbook: inspect-instance, roll-back-origin.',
  },
]
