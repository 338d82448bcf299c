import { expect, it } from 'vitest'
import { HitRatio } from './hit-ratio.ts'

it.each([
  [1, 1, 1 / 2],
  [1, 9, 9 / 10],
  [10, 10, 1 / 2],
  [100, 900, 9 / 10],
])('%d equally popular objects, %d requests a lifetime', (objects, requests, ratio) => {
  expect(new HitRatio(objects, 0).at(requests)).toBeCloseTo(ratio, 3)
})

it('equals that of a simulated cache of two objects', () => {
  // Zipf with exponent 1 over two objects: 2/3 and 1/3 of 6 requests a lifetime.
  expect(new HitRatio(2, 1).at(6)).toBeCloseTo((2 / 3) * (4 / 5) + (1 / 3) * (2 / 3), 3)
})

it('grows with the load and never reaches 1', () => {
  const places = new HitRatio(24_323, 0.9)
  const ratios = [1, 100, 10_000, 1_000_000].map((requests) => places.at(requests))
  expect(ratios).toEqual([...ratios].sort((a, b) => a - b))
  expect(ratios.at(-1)).toBeLessThan(1)
  expect(places.at(0)).toBe(0)
})
