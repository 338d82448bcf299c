import type { ThresholdAlarm } from './threshold-alarm.ts'

/** Value of a metric in one period; `undefined`: none was reported. */
export type Datapoint = number | undefined

export type Rule = Pick<
  ThresholdAlarm,
  'evaluationPeriods' | 'datapointsToAlarm' | 'comparison' | 'threshold' | 'missingData'
>

/**
 * Periods beyond the evaluated ones from which values are taken in the place of missing ones. CloudWatch does not
 * publish the number: it "depends on the length of the alarm period". Two, as in its examples.
 */
const extraPeriods = 2

/** Number of the last periods whose values decide. */
export const evaluationRange = ({ evaluationPeriods }: Pick<Rule, 'evaluationPeriods'>): number =>
  evaluationPeriods + extraPeriods

/**
 * Whether an alarm is in ALARM, by CloudWatch's rules (User Guide, "Configuring how CloudWatch alarms treat missing
 * data": docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html): the last N values that
 * exist within the evaluation range are looked at; `missingData` stands only for as many as are still missing; M beyond
 * the threshold ring.
 *
 * @param datapoints the oldest first; the last one is of the newest period whose value can be there
 */
export function isInAlarm(rule: Rule, datapoints: readonly Datapoint[]): boolean {
  const { evaluationPeriods, datapointsToAlarm, comparison, threshold, missingData } = rule
  const existing = datapoints
    .slice(-evaluationRange(rule))
    .filter((value) => value !== undefined)
    .slice(-evaluationPeriods)
  const breaching = existing.filter((value) =>
    comparison === 'above' ? value > threshold : value < threshold,
  )
  const filled = missingData === 'breaching' ? evaluationPeriods - existing.length : 0
  return breaching.length + filled >= datapointsToAlarm
}
