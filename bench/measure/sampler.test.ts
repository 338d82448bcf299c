import { expect, it } from 'vitest'
import { growthPercent, startSampler } from './sampler.ts'

it('reads until it is stopped', async () => {
  let value = 0
  const enough = Promise.withResolvers<void>()
  const sampler = startSampler(() => {
    value++
    if (value === 3) enough.resolve()
    return value
  }, 1)
  await enough.promise
  await sampler.stop()
  const { length } = sampler.points
  expect(sampler.max).toBe(length)
  expect(
    sampler
      .series('a', 'b')
      .points.slice(0, 3)
      .map(([, read]) => read),
  ).toEqual([1, 2, 3])
})

it('does not hide a reading that failed', async () => {
  const sampler = startSampler(() => Promise.reject(new Error('gone')), 1)
  await expect(sampler.stop()).rejects.toThrow('gone')
})

it('sees a trend through the noise of single readings', () => {
  const points = [100, 110, 90, 500, 0, 40, 110, 120, 100].map((value, at) => [at, value] as const)
  expect(growthPercent(points)).toBeCloseTo(10)
  expect(growthPercent([])).toBeNaN()
})
