import { expect, it } from 'vitest'
import { DurationHistogram } from './duration-histogram.ts'

it('counts a duration in every bucket that it fits into (Prometheus buckets are cumulative)', () => {
  const histogram = new DurationHistogram()
  for (const durationMs of [0.5, 1, 1.5, 900, 1_000, 60_000]) histogram.observe(durationMs)
  const counts = Object.fromEntries(histogram.cumulative().map(({ bound, count }) => [bound, count]))
  expect(counts).toMatchObject({ 0.001: 2, 0.0025: 3, 0.5: 3, 1: 5, 5: 5, '+Inf': 6 })
  expect(histogram.sumSeconds).toBeCloseTo(61.903, 6)
})

it('returns the upper bound of the bucket that holds a quantile', () => {
  const histogram = new DurationHistogram()
  expect(histogram.quantileSeconds(0.99)).toBe(0)
  for (let count = 0; count < 99; count += 1) histogram.observe(0.5)
  histogram.observe(30)
  expect(histogram.quantileSeconds(0.99)).toBe(0.001)
  expect(histogram.quantileSeconds(1)).toBe(0.05)
  histogram.observe(60_000)
  expect(histogram.quantileSeconds(1)).toBe(5)
})

it('is empty after reset', () => {
  const histogram = new DurationHistogram()
  histogram.observe(30)
  histogram.reset()
  expect(histogram.quantileSeconds(0.99)).toBe(0)
  expect(histogram.sumSeconds).toBe(0)
})
