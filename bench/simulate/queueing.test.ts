import { expect, it } from 'vitest'
import { erlangC, meanWait } from './queueing.ts'

// Erlang C for 1 server is the utilization; the others by the textbook sum, worked out by hand.
it.each([
  [1, 0.7, 0.7],
  [2, 1, 1 / 3],
  [3, 2, 4 / 9],
  [10, 8, 0.40918],
])('%d servers under %f erlangs make %f wait', (servers, load, share) => {
  expect(erlangC(servers, load)).toBeCloseTo(share, 4)
})

it('gives an endless wait to every request above capacity', () => {
  expect(erlangC(4, 4)).toBe(1)
  expect(meanWait(4, 4.1, 1)).toBe(Number.POSITIVE_INFINITY)
})

it('does not overflow for a thousand servers', () => {
  expect(erlangC(1_000, 900)).toBeGreaterThan(0)
  expect(erlangC(1_000, 900)).toBeLessThan(0.01)
})
