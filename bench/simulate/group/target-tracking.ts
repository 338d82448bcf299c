import type { TargetTracking } from './scaling-rules.ts'

/**
 * Target tracking as Amazon EC2 Auto Scaling does it. It makes two alarms: *high* goes off after three periods above
 * the target, *low* after fifteen below seven tenths of it (read off alarms that AWS made: 75 → 52.5, 50 → 35,
 * 40 → 28; Application Auto Scaling, which is not this, uses nine tenths). "We act conservatively by rounding up or
 * down": out by the next larger number, in by the next smaller (EC2 Auto Scaling User Guide, "Target tracking scaling
 * policies", Considerations).
 */
export const targetAlarms = { highPeriods: 3, lowPeriods: 15, lowShare: 0.7 } as const

export interface GroupSize {
  /** Instances in service whose warm-up is over. */
  readonly current: number
  readonly desired: number
}

/**
 * Size that a target tracking policy requests.
 *
 * @param values the metric by period, the latest last
 * @returns `undefined`: no change
 */
export function trackTarget(
  { target }: TargetTracking,
  values: readonly number[],
  { current, desired }: GroupSize,
): number | undefined {
  const latest = values.at(-1)
  if (latest === undefined) return undefined
  const all = (periods: number, holds: (value: number) => boolean) =>
    values.length >= periods && values.slice(-periods).every(holds)
  const wanted = Math.ceil(roundOff((current * latest) / target))
  if (all(targetAlarms.highPeriods, (value) => value > target)) return Math.max(desired, wanted)
  // Terminating and warming instances count when shrinking: that is `desired` here.
  if (all(targetAlarms.lowPeriods, (value) => value < target * targetAlarms.lowShare)) {
    return Math.min(desired, Math.ceil(roundOff((desired * latest) / target)))
  }
  return undefined
}

/** 3 × 0.1 must not be rounded up because of its last bit. */
const roundOff = (value: number): number => Math.round(value * 1e9) / 1e9
