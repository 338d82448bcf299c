import { expect, it } from 'vitest'
import { LatencyHistogram } from './latency.ts'

it('gives percentiles to three digits', () => {
  const histogram = new LatencyHistogram()
  for (let ms = 1; ms <= 1000; ms++) histogram.record(ms)
  const { count, p50, p99, p999, max } = histogram.summary()
  expect(count).toBe(1000)
  expect(p50 / 500).toBeCloseTo(1, 2)
  expect(p99 / 990).toBeCloseTo(1, 2)
  expect(p999 / 999).toBeCloseTo(1, 2)
  expect(max / 1000).toBeCloseTo(1, 2)
})

it('tells half a millisecond from a whole one', () => {
  const histogram = new LatencyHistogram()
  histogram.record(0.5)
  expect(histogram.summary().p50).toBeCloseTo(0.5, 3)
})

it('clamps values to the ends of its range', () => {
  const histogram = new LatencyHistogram()
  for (const ms of [-1, 0, 1e12]) histogram.record(ms)
  expect(histogram.summary().count).toBe(3)
})

it('has no percentiles where nothing was recorded', () => {
  expect(new LatencyHistogram().summary()).toMatchObject({ count: 0, p50: Number.NaN, max: Number.NaN })
})
