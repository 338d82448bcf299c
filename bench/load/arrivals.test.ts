import { describe, expect, it } from 'vitest'
import { arrivals, steady } from './arrivals.ts'
import { seededRandom } from './random.ts'

const countBetween = (times: readonly number[], fromMs: number, toMs: number) =>
  times.filter((time) => time >= fromMs && time < toMs).length

describe('constant arrivals', () => {
  it('are evenly spaced and neither too many nor too few', () => {
    const times = [...arrivals(steady(100, 2_000), 'constant', seededRandom(1))]
    expect(times).toHaveLength(200)
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] as number)).toBeCloseTo(10, 6)
  })

  it('follow a ramp: half as many in its first half as a third of its second', () => {
    const ramp = [
      { atMs: 0, perSecond: 0 },
      { atMs: 10_000, perSecond: 1_000 },
    ]
    const times = [...arrivals(ramp, 'constant', seededRandom(1))]
    expect(times).toHaveLength(5_000)
    expect(countBetween(times, 0, 5_000)).toBe(1_250)
  })

  it('keep to each piece of a spike', () => {
    const spike = [
      { atMs: 0, perSecond: 10 },
      { atMs: 1_000, perSecond: 10 },
      { atMs: 1_000, perSecond: 1_000 },
      { atMs: 2_000, perSecond: 1_000 },
      { atMs: 2_000, perSecond: 0 },
      { atMs: 3_000, perSecond: 0 },
    ]
    const times = [...arrivals(spike, 'constant', seededRandom(1))]
    expect(countBetween(times, 0, 1_000)).toBe(10)
    expect(countBetween(times, 1_000, 2_000)).toBe(1_000)
    expect(countBetween(times, 2_000, 3_000)).toBe(0)
  })
})

describe('Poisson arrivals', () => {
  const times = [...arrivals(steady(1_000, 100_000), 'poisson', seededRandom(7))]
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length

  it('have the rate that was asked for', () => {
    // Four standard deviations of a Poisson count of 100,000.
    expect(Math.abs(times.length - 100_000)).toBeLessThan(4 * Math.sqrt(100_000))
  })

  it('have gaps whose deviation is their mean, as an exponential distribution has', () => {
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    expect(deviation / mean).toBeCloseTo(1, 1)
  })

  it('are in order', () => {
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
  })
})

it('offers the same load for the same seed, and another for another', () => {
  const times = (seed: number) => [...arrivals(steady(50, 1_000), 'poisson', seededRandom(seed))]
  expect(times(3)).toEqual(times(3))
  expect(times(3)).not.toEqual(times(4))
})

it('refuses a curve that goes back in time', () => {
  const curve = [
    { atMs: 10, perSecond: 1 },
    { atMs: 0, perSecond: 1 },
  ]
  expect(() => [...arrivals(curve, 'constant', seededRandom(1))]).toThrow(RangeError)
})
