import { expect, it } from 'vitest'
import { fitLine } from './line.ts'

it('goes through points that lie on one', () => {
  const { start, slope } = fitLine([
    [100, 0.06],
    [200, 0.08],
    [300, 0.1],
  ])
  expect(start).toBeCloseTo(0.04, 9)
  expect(slope).toBeCloseTo(0.0002, 9)
})

it('is the one with the least squares of the rest', () => {
  // Minimum of (a - 1)² + (a + b - 3)² + (a + 2b - 2)²: a = 1.5, b = 0.5.
  expect(
    fitLine([
      [0, 1],
      [1, 3],
      [2, 2],
    ]),
  ).toEqual({ start: 1.5, slope: 0.5 })
})

it('needs two loads', () =>
  expect(() =>
    fitLine([
      [1, 1],
      [1, 2],
    ]),
  ).toThrow(RangeError))
