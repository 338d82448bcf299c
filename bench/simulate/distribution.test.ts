import { expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { exponential, lognormal, mixture, poisson, seedOf } from './distribution.ts'

const mean = (draw: () => number, draws = 100_000) => {
  let [sum, squares] = [0, 0]
  for (let i = 0; i < draws; i += 1) {
    const value = draw()
    sum += value
    squares += value * value
  }
  return { mean: sum / draws, variance: squares / draws - (sum / draws) ** 2 }
}

it('a lognormal has the mean and variation that were asked for', () => {
  const random = seededRandom(1)
  const sample = lognormal(4, 0.5)
  const drawn = mean(() => sample(random))
  expect(drawn.mean).toBeCloseTo(4, 1)
  expect(Math.sqrt(drawn.variance) / drawn.mean).toBeCloseTo(0.5, 1)
})

it('an exponential has a deviation equal to its mean', () => {
  const random = seededRandom(2)
  const sample = exponential(3)
  const drawn = mean(() => sample(random))
  expect(drawn.mean).toBeCloseTo(3, 1)
  expect(drawn.variance).toBeGreaterThan(8.5)
  expect(drawn.variance).toBeLessThan(9.5)
})

it.each([0.3, 12, 49, 51, 900])('a Poisson count of mean %f has its mean as its variance', (expected) => {
  const random = seededRandom(3)
  const drawn = mean(() => poisson(expected, random), 40_000)
  expect(Math.abs(drawn.mean / expected - 1)).toBeLessThan(0.02)
  expect(Math.abs(drawn.variance / expected - 1)).toBeLessThan(0.04)
})

it('a mixture draws each part by its share', () => {
  const random = seededRandom(4)
  const sample = mixture([
    { share: 0.9, sample: () => 1 },
    { share: 0.1, sample: () => 11 },
  ])
  expect(mean(() => sample(random)).mean).toBeCloseTo(2, 1)
})

it('seeds from different words differ', () => {
  expect(seedOf('a', 1)).not.toBe(seedOf('a', 2))
  expect(seedOf('a', 1)).toBe(seedOf('a', 1))
})
