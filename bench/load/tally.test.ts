import { expect, it } from 'vitest'
import { fateOf } from './fate.ts'
import { Tally } from './tally.ts'
import { Timeline } from './timeline.ts'

it.each([
  [200, 'ok'],
  [201, 'ok'],
  [304, 'ok'],
  [503, 'shed'],
  [429, 'shed'],
  [301, 'failed'],
  [401, 'failed'],
  [412, 'failed'],
  [500, 'failed'],
  [504, 'failed'],
])('takes %d for %s', (status, fate) => expect(fateOf(status)).toBe(fate))

it.each([
  ['{"code":"overloaded"}', 'shed'],
  ['{"code":"database-unavailable"}', 'shed'],
  ['{"code":"outcome-unknown"}', 'failed'],
  ['<h1>Service Unavailable</h1>', 'shed'],
  ['null', 'shed'],
  ['', 'shed'],
])('takes 503 with %s for %s', (body, fate) => expect(fateOf(503, body)).toBe(fate))

it.each([
  [409, '{"reason":"dates-taken"}', 'ok'],
  [409, '{"reason":"own-listing"}', 'failed'],
  [409, '{"code":"dates-taken"}', 'failed'],
  [429, '{"reason":"dates-taken"}', 'shed'],
  [500, '{"reason":"dates-taken"}', 'failed'],
  [503, '{"reason":"dates-taken"}', 'shed'],
])('takes %d with %s, of which dates-taken is expected, for %s', (status, body, fate) =>
  expect(fateOf(status, body, ['dates-taken'])).toBe(fate),
)

it('counts expected refusals as answers, and apart', () => {
  const tally = new Tally(1_000)
  for (const reason of ['dates-taken', 'own-listing']) {
    tally.answered(409, 10, JSON.stringify({ reason }), ['dates-taken'])
  }
  expect(tally.answers()).toMatchObject({ ok: 1, good: 1, refused: 1, failed: 1, failures: { 409: 1 } })
})

it('counts a write of unknown outcome as a failure of that name, not as shed', () => {
  const tally = new Tally()
  tally.answered(503, 5, '{"code":"outcome-unknown"}')
  tally.answered(503, 5, '{"code":"overloaded"}')
  expect(tally.answers()).toMatchObject({ shed: 1, failed: 1, failures: { 'outcome-unknown': 1 } })
})

it('counts every request once, and only timely answers as good', () => {
  const tally = new Tally(1_000)
  for (let i = 0; i < 5; i++) tally.asked()
  tally.answered(200, 10)
  tally.answered(200, 1_500)
  tally.answered(503, 1)
  tally.answered(500, 1)
  tally.failed('timeout')
  expect(tally.answers()).toMatchObject({
    asked: 5,
    ok: 2,
    good: 1,
    shed: 1,
    failed: 2,
    failures: { 500: 1, timeout: 1 },
  })
})

it('counts answers older than the allowed age', () => {
  const tally = new Tally()
  for (const age of [0, 8, 9]) tally.aged(age, 8)
  expect(tally.answers()).toMatchObject({ tooOld: 1, oldestSeconds: 9 })
})

it('keeps the latency of refusals apart: shedding faster must not make the admitted look faster', () => {
  const tally = new Tally()
  tally.answered(200, 100)
  for (let i = 0; i < 99; i++) tally.answered(503, 1)
  const { latency, shedLatency } = tally.answers()
  expect(latency.p50).toBeCloseTo(100, 0)
  expect(shedLatency.p50).toBeCloseTo(1, 1)
})

it('lists answers second by second, quiet seconds included', () => {
  const timeline = new Timeline({ usefulMs: 1_000 })
  timeline.record(100, 'ok', 20)
  timeline.record(900, 'ok', 2_000)
  timeline.record(2_500, 'shed', 1)
  expect(timeline.intervals()).toEqual([
    { asked: 2, ok: 2, good: 1, shed: 0, failed: 0, p50: 20, p99: 2_000 },
    { asked: 0, ok: 0, good: 0, shed: 0, failed: 0, p50: Number.NaN, p99: Number.NaN },
    { asked: 1, ok: 0, good: 0, shed: 1, failed: 0, p50: Number.NaN, p99: Number.NaN },
  ])
})

it('counts equal periods together, in intervals of any length', () => {
  const timeline = new Timeline({ usefulMs: 1_000, intervalMs: 50, periodMs: 100 })
  timeline.record(10, 'ok', 20)
  timeline.record(160, 'ok', 30)
  timeline.record(249, 'shed', 1)
  expect(timeline.intervals()).toEqual([
    { asked: 2, ok: 1, good: 1, shed: 1, failed: 0, p50: 20, p99: 20 },
    { asked: 1, ok: 1, good: 1, shed: 0, failed: 0, p50: 30, p99: 30 },
  ])
})
