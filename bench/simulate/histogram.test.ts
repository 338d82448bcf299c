import { expect, it } from 'vitest'
import { Histogram } from './histogram.ts'

it('finds quantiles within the width of a bin', () => {
  const histogram = new Histogram()
  for (let ms = 1; ms <= 1_000; ms += 1) histogram.add(ms)
  expect(Math.abs(histogram.quantile(0.5) / 500 - 1)).toBeLessThan(0.06)
  expect(Math.abs(histogram.quantile(0.99) / 990 - 1)).toBeLessThan(0.06)
  expect(histogram.max).toBe(1_000)
  expect(histogram.quantile(1)).toBeLessThanOrEqual(1_000)
})

it('merges with a weight and a delay', () => {
  const [fast, slow] = [new Histogram(), new Histogram()]
  fast.add(1, 3)
  slow.add(100)
  const all = new Histogram()
  all.merge(fast, 98)
  all.merge(slow, 2, 50)
  expect(all.total).toBe(100)
  expect(all.quantile(0.5)).toBeLessThan(1.1)
  expect(all.quantile(0.99)).toBeGreaterThan(140)
  expect(all.max).toBe(150)
})

it('has no quantile when it is empty', () => {
  expect(new Histogram().quantile(0.5)).toBeNaN()
})

it('knows the share above a limit, shifted or not', () => {
  const histogram = new Histogram()
  for (const ms of [10, 10, 10, 400]) histogram.add(ms)
  expect([histogram.shareAbove(100), histogram.shareAbove(500), histogram.shareAbove(500, 200)]).toEqual([
    0.25, 0, 0.25,
  ])
  expect([histogram.shareAbove(500, 600), new Histogram().shareAbove(1, 2)]).toEqual([1, 0])
})
