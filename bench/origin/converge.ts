import type { OpenJob } from '../load/report.ts'
import type { Interval } from '../load/timeline.ts'
import { mean } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'

/**
 * A load that steps from below to above the capacity again and again, and the time in which the answers settle after a
 * step, as in Cho et al., "Overload Control for µs-scale RPCs with Breakwater", OSDI 2020, §5.3: demand rises to 1.4
 * times the capacity.
 */
export const stepLevel = 1.4
const restLevel = 0.7
/** Half of a period: long enough to settle at both rates. */
const halfMs = 2_000
const intervalMs = 20

/** @param steps number of steps: intervals at the same distance from a step are counted together */
export function stepLoad(
  steps: number,
  capacity: number,
): {
  readonly curve: OpenJob['streams'][number]['curve']
  readonly timeline: NonNullable<OpenJob['timeline']>
} {
  const [rest, high] = [restLevel * capacity, stepLevel * capacity]
  const curve = Array.from({ length: steps }, (_, step) => step * 2 * halfMs).flatMap((atMs) => [
    { atMs, perSecond: rest },
    { atMs: atMs + halfMs, perSecond: rest },
    { atMs: atMs + halfMs, perSecond: high },
    { atMs: atMs + 2 * halfMs, perSecond: high },
  ])
  return { curve, timeline: { intervalMs, periodMs: 2 * halfMs } }
}

/** Chance alone makes intervals differ by this share. */
const tolerance = 0.25

/**
 * Time from the step after which the overload harms nobody who is admitted: in no later interval of the first half of
 * the high rate is their p99 more than a quarter above that of the other half, or the goodput more than a quarter below
 * its. A queue that only fills up to the allowed delay counts as converged; one that overshoots, or that refuses too
 * many at first, does not.
 *
 * @returns ms, a multiple of the interval; `NaN` if there are too few intervals
 */
export function convergenceMs(intervals: readonly Interval[]): number {
  const high = intervals.slice(halfMs / intervalMs)
  const middle = high.length >> 1
  const settled = high.slice(middle)
  if (settled.length === 0) return Number.NaN
  const p99Max = mean(settled.map(({ p99 }) => p99)) * (1 + tolerance)
  const goodMin = mean(settled.map(({ good }) => good)) * (1 - tolerance)
  const isHarmed = ({ good, p99 }: Interval): boolean => !(p99 <= p99Max && good >= goodMin)
  return (high.slice(0, middle).findLastIndex(isHarmed) + 1) * intervalMs
}

/** The intervals around the step. */
export function printSteps(intervals: readonly Interval[]): string {
  const step = halfMs / intervalMs
  const shown = [-5, -1, 0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 60, 80]
  const rows = shown.flatMap((after) => {
    const interval = intervals[step + after]
    if (interval === undefined) return []
    const { asked, p50, p99 } = interval
    return [
      [
        `${after * intervalMs} ms`,
        String(asked),
        figure(goodShare(interval) * 100),
        figure(p50),
        figure(p99),
      ],
    ]
  })
  return table([`after a step to ${stepLevel}×`, 'asked', 'admitted %', 'p50 ms', 'p99 ms'], rows)
}

const goodShare = ({ asked, good }: Interval): number => (asked === 0 ? 0 : good / asked)
