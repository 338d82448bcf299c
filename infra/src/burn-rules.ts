import { type Objective, type SloCounts, urgentBudgetShare } from '@spillway/origin/contract'

/**
 * Alarms on the burn rate: how many times faster than evenly over its period an error budget is spent. Each rule needs
 * two windows: the long one shows that much is spent, the short one that it still is, so that the alarm ends soon after
 * its cause (Google, The Site Reliability Workbook, ch. 5, "Multiwindow, Multi-Burn-Rate Alerts", table 5-8: 14.4 over
 * 1 h and 5 min, 6 over 6 h and 30 min, 1 over 3 days and 6 h, for a period of 30 days).
 *
 * Rules are pure: CloudWatch evaluates them as alarms (`src/construct/burn-alarms.ts`), the report evaluates them on
 * counts, and the simulator replays them.
 */

export interface BurnRule {
  readonly name: 'fast' | 'steady' | 'slow'
  /** `urgent`: a person is to act now. */
  readonly severity: 'urgent' | 'slow'
  /** Share of the period's budget that is spent within the long window at the rate that rings. */
  readonly budgetShare: number
  readonly long: BurnWindow
  readonly short: BurnWindow
}

/** The last `times` spans of `seconds` each, in every one of which the budget is spent too fast. */
export interface BurnWindow {
  readonly seconds: number
  readonly times: number
}

const hour = 3_600

export const burnRules: readonly BurnRule[] = [
  {
    name: 'fast',
    severity: 'urgent',
    budgetShare: urgentBudgetShare,
    long: { seconds: hour, times: 1 },
    short: { seconds: hour / 12, times: 1 },
  },
  {
    name: 'steady',
    severity: 'urgent',
    budgetShare: 0.05,
    long: { seconds: 6 * hour, times: 1 },
    short: { seconds: hour / 2, times: 1 },
  },
  {
    name: 'slow',
    severity: 'slow',
    budgetShare: 0.1,
    // The longest period of an alarm is a day (CloudWatch, PutMetricAlarm), so each of three days must burn, where the
    // Workbook takes their mean. It is later where one day burned so fast that another rule has rung.
    long: { seconds: 24 * hour, times: 3 },
    short: { seconds: 6 * hour, times: 1 },
  },
]

/** Burn rate from which a rule rings. */
export const burnThreshold = ({ budgetShare, long }: BurnRule, days: number): number =>
  (budgetShare * days * 24 * hour) / (long.seconds * long.times)

/** Indicators, each with an objective and a budget of its own. */
export const indicators = ['availability', 'latency'] as const
export type Indicator = (typeof indicators)[number]

/** Members of {@link SloCounts} that an indicator compares. */
export const comparedBy = {
  availability: { bad: 'failed', all: 'answers' },
  latency: { bad: 'slow', all: 'timed' },
} as const satisfies Record<Indicator, { readonly bad: keyof SloCounts; readonly all: keyof SloCounts }>

/** Share that is to be good. */
export const targetOf = ({ availability, latency }: Objective, indicator: Indicator): number =>
  indicator === 'availability' ? availability : latency.p

/**
 * Fewest bad answers in a window that burn anything: at little traffic, one failure would be a high rate (The Site
 * Reliability Workbook, ch. 5, "Low-Traffic Services and Error Budget Alerting").
 */
export const badMin = 10

/** Burn rate of an indicator; 0 with fewer than {@link badMin} bad answers. */
export function burnRate(counts: SloCounts, indicator: Indicator, objective: Objective): number {
  const { bad, all } = comparedBy[indicator]
  if (counts[bad] < badMin) return 0
  return counts[bad] / counts[all] / (1 - targetOf(objective, indicator))
}

/** @param burnIn burn rate of the span that began and ended so many seconds ago */
export function isRinging(
  rule: BurnRule,
  days: number,
  burnIn: (fromSecondsAgo: number, toSecondsAgo: number) => number,
): boolean {
  const threshold = burnThreshold(rule, days)
  return [rule.short, rule.long].every(({ seconds, times }) => {
    for (let index = 0; index < times; index += 1) {
      if (!(burnIn((index + 1) * seconds, index * seconds) > threshold)) return false
    }
    return true
  })
}
