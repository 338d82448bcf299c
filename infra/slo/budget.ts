import { type Priority, priorities, type Slo } from '@spillway/origin/contract'
import {
  type BurnRule,
  burnRate,
  burnRules,
  comparedBy,
  type Indicator,
  indicators,
  isRinging,
  targetOf,
} from '../src/burn-rules.ts'
import { type CountBucket, CountSeries } from './count-series.ts'

/** Error budget of one indicator of one priority. */
export interface Budget {
  readonly priority: Priority
  readonly indicator: Indicator
  /** Share that is to be good. */
  readonly target: number
  /** Time that counts as good, ms; `undefined` for availability. */
  readonly withinMs: number | undefined
  /** Answers in the period, and the bad ones among them. */
  readonly all: number
  readonly bad: number
  /** Share of the budget that is left, 1 at the most; below 0 if more than all of it is spent. */
  readonly left: number
  /** Burn rate over the last hour: 1 spends the budget evenly over its period. */
  readonly burn: number
  /** The most urgent rule that rings. */
  readonly rings: BurnRule | undefined
}

const dayMs = 86_400_000

/** Budgets of one tier, from its counts of the period. */
export function budgetsOf(buckets: readonly CountBucket[], slo: Slo, nowMs: number): readonly Budget[] {
  return priorities.flatMap((priority) => {
    const series = new CountSeries(buckets, priority)
    const objective = slo.objectives[priority]
    const period = series.between(nowMs - slo.days * dayMs, nowMs)
    return indicators.map((indicator): Budget => {
      const { bad, all } = comparedBy[indicator]
      const target = targetOf(objective, indicator)
      const burnIn = (fromSecondsAgo: number, toSecondsAgo: number) =>
        burnRate(
          series.between(nowMs - fromSecondsAgo * 1_000, nowMs - toSecondsAgo * 1_000),
          indicator,
          objective,
        )
      return {
        ...{ priority, indicator, target },
        withinMs: indicator === 'latency' ? objective.latency.ms : undefined,
        ...{ all: period[all], bad: period[bad] },
        left: period[all] === 0 ? 1 : 1 - period[bad] / (period[all] * (1 - target)),
        burn: burnIn(3_600, 0),
        rings: burnRules.find((rule) => isRinging(rule, slo.days, burnIn)),
      }
    })
  })
}
