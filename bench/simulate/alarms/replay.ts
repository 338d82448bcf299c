import { type Priority, priorities, type Slo } from '@spillway/origin/contract'
import { burnRate, burnRules, CountSeries, type Indicator, indicators, isRinging } from '../infra.ts'
import type { MinuteCounts } from './minutes.ts'

/** A composite alarm, and the minute of the run in which it began to ring. */
export interface Ringing {
  readonly alarm: `${Priority}-${Indicator}-${'urgent' | 'slow'}`
  readonly minute: number
}

/** Minutes until counts can be evaluated: the origin's are scraped and published, the edge's asked for. Assumed. */
export const delayMinutes = 2

/** Length of the calm before a run, days: windows that reach back before it see the first minute of the run. */
const calmDays = 3

/**
 * Evaluates the rules each minute, as CloudWatch does, after days like the first minute.
 *
 * @returns every alarm that rings, with its first minute, the earliest first
 */
export function replayAlarms(minutes: readonly MinuteCounts[], slo: Slo): readonly Ringing[] {
  const [first] = minutes
  if (first === undefined) return []
  const found: Ringing[] = []
  const calm = calmDays * 1_440
  for (const priority of priorities) {
    const series = new CountSeries([], priority)
    for (let minute = -calm; minute < 0; minute += 1) series.add(minute, first[priority])
    for (const [minute, counts] of minutes.entries()) series.add(minute, counts[priority])
    for (const indicator of indicators) {
      const rang = new Set<string>()
      for (let minute = 0; minute < minutes.length; minute += 1) {
        // Windows end before the minutes whose counts are not there yet.
        const end = minute - delayMinutes
        const burnIn = (fromAgo: number, toAgo: number) =>
          burnRate(series.between(end - fromAgo / 60, end - toAgo / 60), indicator, slo.objectives[priority])
        for (const rule of burnRules) {
          if (rang.has(rule.severity) || !isRinging(rule, slo.days, burnIn)) continue
          rang.add(rule.severity)
          found.push({ alarm: `${priority}-${indicator}-${rule.severity}`, minute })
        }
      }
    }
  }
  return found.toSorted((one, other) => one.minute - other.minute)
}
