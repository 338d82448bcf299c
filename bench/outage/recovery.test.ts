import { expect, it } from 'vitest'
import type { Interval } from '../load/timeline.ts'
import { recoverySeconds } from './recovery.ts'

const second = (good: number): Interval => ({
  asked: 10,
  ok: good,
  good,
  shed: 0,
  failed: 10 - good,
  p50: 1,
  p99: 1,
})
const timeline = (...goods: number[]) => goods.map(second)

it.each([
  [timeline(10, 0, 0, 10, 10), 2.5, 0],
  [timeline(10, 0, 0, 5, 9, 10), 2.5, 2.5],
  [timeline(10, 0, 0, 5, 10, 9), 2.5, 3.5],
  [timeline(10, 10), 0.5, 0],
])('finds the last second that was not good in %# ', (seconds, returnedAt, expected) => {
  expect(recoverySeconds([seconds], returnedAt)).toBe(expected)
})

it('waits for the slowest stream', () => {
  expect(recoverySeconds([timeline(0, 10, 10), timeline(0, 10, 9)], 1)).toBe(2)
})
