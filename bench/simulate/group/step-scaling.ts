import type { StepScaling } from './scaling-rules.ts'
import type { GroupSize } from './target-tracking.ts'

/**
 * Step scaling as Amazon EC2 Auto Scaling does it (User Guide, "Step and simple scaling policies"). The alarm goes off
 * after `periods` periods beyond the mildest step, and the latest value selects the step. A percentage refers to the
 * warm instances; starting instances count towards it.
 *
 * One difference from AWS: an exact size changes the group only in the policy's direction.
 *
 * @param values the metric by period, the latest last
 * @returns `undefined`: no change
 */
export function takeStep(
  policy: StepScaling,
  values: readonly number[],
  { current, desired }: GroupSize,
): number | undefined {
  const { direction, steps, periods } = policy
  const isPast = (value: number, at: number) => (direction === 'out' ? value >= at : value <= at)
  const mildest = steps[0]
  const latest = values.at(-1)
  if (mildest === undefined || latest === undefined || values.length < periods) return undefined
  if (!values.slice(-periods).every((value) => isPast(value, mildest.at))) return undefined
  const step = steps.filter(({ at }) => isPast(latest, at)).at(-1) ?? mildest
  if (policy.adjustment === 'exact') {
    return direction === 'out' ? Math.max(desired, step.change) : Math.min(desired, step.change)
  }
  if (direction === 'out') return Math.max(desired, current + adjustment(policy, step.change, current))
  return Math.min(desired, desired + adjustment(policy, step.change, desired))
}

/** Change as a number of instances; negative: fewer. */
export function adjustment(
  { adjustment, magnitudeMin = 1 }: Pick<StepScaling, 'adjustment' | 'magnitudeMin'>,
  change: number,
  size: number,
): number {
  if (adjustment === 'change') return change
  const instances = roundAdjustment((size * change) / 100)
  if (instances === 0) return 0
  return Math.sign(instances) * Math.max(Math.abs(instances), magnitudeMin)
}

/** "Values greater than 1 are rounded down [...] between 0 and 1 are rounded to 1", and the same below zero. */
export const roundAdjustment = (value: number): number => {
  if (value === 0) return 0
  return Math.abs(value) < 1 ? Math.sign(value) : Math.trunc(value)
}
