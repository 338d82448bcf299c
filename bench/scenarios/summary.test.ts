import { expect, it } from 'vitest'
import type { Threshold } from './scenario.ts'
import { type Counts, describeSummary, isPassed, judge, type Summary } from './summary.ts'

const total: Counts = {
  ...{ asked: 1_000, good: 970, refused: 3, ok: 980, shed: 15, failed: 5 },
  ...{ p50: 12, p90: 30, p99: 400, p999: 900, max: 1_200 },
}
const summary: Summary = {
  scenario: 'spike',
  target: 'http://127.0.0.1:8787',
  driver: 'a test',
  scale: 0.01,
  usersMax: 1_000,
  seconds: 60,
  total,
  operations: { 'places.read': total },
  failures: { 500: 5 },
}
const wanted: readonly Threshold[] = [
  { metric: 'goodPercent', holds: '>=', limit: 95 },
  { metric: 'p99Ms', holds: '<=', limit: 1_000 },
  { metric: 'failedPercent', holds: '<=', limit: 0.1 },
]

it('judges each threshold by itself', () => {
  expect(judge(total, wanted).map(({ isMet }) => isMet)).toEqual([true, true, false])
})

it('counts a threshold without samples as missed', () => {
  const nothing: Counts = {
    ...total,
    asked: 0,
    good: 0,
    refused: 0,
    ok: 0,
    shed: 0,
    failed: 0,
    p99: Number.NaN,
  }
  expect(judge(nothing, wanted).some(({ isMet }) => isMet)).toBe(false)
})

it('does not pass a run that measured the driver', () => {
  const met = judge(total, wanted.slice(0, 2))
  expect(isPassed(summary, met)).toBe(true)
  expect(isPassed({ ...summary, limitedBy: 'its event loop was full' }, met)).toBe(false)
})

it('prints target, load and outcomes', () => {
  const text = describeSummary(summary, judge(total, wanted))
  expect(text).toContain('up to 1,000 users (100,000 × 0.01)')
  expect(text).toContain('failed: 500 × 5')
  expect(text).toContain('threshold: goodPercent 97.0 (>= 95) pass')
  expect(text).toContain('threshold: failedPercent 0.50 (<= 0.1) fail')
})
