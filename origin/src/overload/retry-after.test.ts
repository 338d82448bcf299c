import { expect, it } from 'vitest'
import { retryAfterSeconds } from './retry-after.ts'

it('sends callers away for longer the more are refused, and spreads them out', () => {
  expect([0, 0.5, 1].map((random) => retryAfterSeconds(0, random))).toEqual([1, 2, 2])
  expect([0, 0.5, 0.999].map((random) => retryAfterSeconds(1, random))).toEqual([5, 8, 10])
})

it('stays within bounds whatever it is told', () => {
  expect(retryAfterSeconds(-1, 0)).toBe(1)
  expect(retryAfterSeconds(7, 1)).toBe(10)
})
