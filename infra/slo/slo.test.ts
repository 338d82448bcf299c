import { type Priority, type SloCounts, sloOf } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { badMin, burnRate, burnRules, burnThreshold, isRinging } from '../src/burn-rules.ts'
import { budgetsOf } from './budget.ts'
import type { CountBucket } from './count-series.ts'
import { reportOf } from './report.ts'

const minuteMs = 60_000
const nowMs = 100 * 86_400_000
const slo = sloOf()
const { critical } = slo.objectives

/** Minutes up to now, the oldest first: counts of a minute that began so many minutes ago. */
const minutes = (
  count: number,
  countsOf: (minutesAgo: number) => Partial<SloCounts>,
  priority: Priority = 'critical',
): readonly CountBucket[] =>
  Array.from({ length: count }, (_, index) => {
    const counts = { answers: 1_000, failed: 0, timed: 1_000, slow: 0, ...countsOf(index + 1) }
    return { fromMs: nowMs - (index + 1) * minuteMs, counts: { [priority]: counts } }
  })

const availability = (buckets: readonly CountBucket[]) => {
  const [budget] = budgetsOf(buckets, slo, nowMs)
  if (budget === undefined) throw new Error('no budget')
  return budget
}

describe('burn rules', () => {
  it('ring at the rates of the Workbook for thirty days', () => {
    const rates = burnRules.map((rule) => Number(burnThreshold(rule, 30).toFixed(6)))
    expect(rates).toEqual([14.4, 6, 1])
  })

  it('burn 1 when as many answers are bad as the objective allows', () => {
    const counts = { answers: 100_000, failed: 100, timed: 1_000, slow: 10 }
    expect(burnRate(counts, 'availability', critical)).toBeCloseTo(1)
    expect(burnRate(counts, 'latency', critical)).toBeCloseTo(1)
  })

  it('do not burn for a few bad answers among few', () => {
    const few = { answers: 20, failed: badMin - 1, timed: 0, slow: 0 }
    expect(burnRate(few, 'availability', critical)).toBe(0)
    expect(burnRate({ ...few, failed: badMin }, 'availability', critical)).toBeGreaterThan(100)
  })

  it('need each of the days of the slow rule', () => {
    const [, , slow] = burnRules
    if (slow === undefined) throw new Error('no slow rule')
    const on = (...burnOfDays: readonly number[]) =>
      isRinging(slow, 30, (fromAgo) => burnOfDays[Math.ceil(fromAgo / 86_400) - 1] ?? 0)
    expect([on(1.1, 1.1, 1.1), on(1.1, 0.9, 9), on(0, 9, 9)]).toEqual([true, false, false])
  })
})

describe('an error budget', () => {
  it('is whole without a bad answer, and spent by share of the bad ones that are allowed', () => {
    expect(availability(minutes(60, () => ({}))).left).toBe(1)
    expect(availability(minutes(60, () => ({ failed: 1 }))).left).toBeCloseTo(0)
    expect(availability(minutes(60, (ago) => ({ failed: ago === 60 ? 30 : 0 }))).left).toBeCloseTo(0.5)
    expect(availability(minutes(60, () => ({ failed: 2 }))).left).toBeCloseTo(-1)
  })

  it('counts nothing older than its period', () => {
    const old = {
      fromMs: nowMs - 31 * 86_400_000,
      counts: { critical: { answers: 9, failed: 9, timed: 0, slow: 0 } },
    }
    expect(availability([old])).toMatchObject({ all: 0, bad: 0, left: 1 })
  })

  it('rings fast for an outage of a few minutes, and stops ringing five minutes after it', () => {
    const outage = (beganAgo: number, endedAgo: number) =>
      availability(minutes(12 * 60, (ago) => ({ failed: ago <= beganAgo && ago > endedAgo ? 1_000 : 0 })))
        .rings?.name
    expect(outage(1, 0)).toBe('fast')
    expect(outage(6, 5)).toBe(undefined)
  })

  it('rings steadily for what a fast rule does not see', () => {
    const buckets = minutes(12 * 60, (ago) => ({ failed: ago <= 300 ? 8 : 0 }))
    expect(availability(buckets)).toMatchObject({ rings: { name: 'steady', severity: 'urgent' } })
  })

  it('rings slowly for what would spend it all within its period', () => {
    const buckets = minutes(4 * 1_440, () => ({ failed: 2 }))
    expect(availability(buckets)).toMatchObject({ rings: { name: 'slow', severity: 'slow' } })
  })

  it('of latency is apart from that of availability', () => {
    const budgets = budgetsOf(
      minutes(60, () => ({ slow: 1_000 })),
      slo,
      nowMs,
    )
    expect(budgets.map(({ rings }) => rings?.name)).toEqual([undefined, 'fast', ...Array(4).fill(undefined)])
  })
})

describe('the report', () => {
  it('says for each priority what is promised, what was, what is left and what rings', () => {
    const buckets = minutes(120, (ago) => ({ failed: ago <= 10 ? 500 : 0 }))
    const budgets = budgetsOf(buckets, slo, nowMs)
    const text = reportOf([{ tier: 'edge', budgets, sinceMs: nowMs - 120 * minuteMs }], slo, nowMs)
    expect(text.split('\n').slice(0, 3)).toEqual([
      'edge: period of 30 days, counts of the last 2 h',
      '  critical   99.9 % answered        5000 of 120000 were not; budget overspent by 4066.667 %; burn 83.3  << urgent: burns too fast (fast)',
      '  critical   99 % within 500 ms     0 of 120000 were not; 100 % of the budget left; burn 0.0',
    ])
    expect(text).toContain('background 95 % answered          none were asked; 100 % of the budget left')
  })

  it('says that nothing is counted', () => {
    expect(reportOf([{ tier: 'origin', budgets: [], sinceMs: undefined }], slo, nowMs)).toBe(
      'origin: no answers are counted',
    )
  })
})
