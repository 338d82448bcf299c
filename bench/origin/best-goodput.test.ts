import { describe, expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { bestGoodput } from './best-goodput.ts'

/** Seconds of a level whose counts vary by chance alone, like arrivals do. */
const level = (mean: number, seconds: number, random: () => number): readonly number[] =>
  Array.from({ length: seconds }, () => {
    const [u, v] = [1 - random(), random()]
    return mean + Math.sqrt(mean) * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
  })

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('goodput of the best level', () => {
  it('is that of the level which is better than the others', () => {
    expect(
      bestGoodput([
        [50, 50, 50],
        [101, 99, 101, 99],
        [80, 80, 80, 80],
      ]),
    ).toBe(100)
  })

  it('is what equal levels come to, where the highest of them lies above', () => {
    const random = seededRandom(1)
    const runs = Array.from({ length: 400 }, () => Array.from({ length: 5 }, () => level(220, 10, random)))
    expect(meanOf(runs.map(bestGoodput)) / 220).toBeCloseTo(1, 2)
    expect(meanOf(runs.map((levels) => Math.max(...levels.map(meanOf)))) / 220).toBeGreaterThan(1.02)
  })

  it('tells a level that loses a tenth', () => {
    const random = seededRandom(2)
    const shares = Array.from({ length: 200 }, () => {
      const worst = level(200, 20, random)
      return meanOf(worst) / bestGoodput([level(222, 20, random), level(222, 20, random), worst])
    })
    expect(shares.filter((share) => share < 0.97).length / shares.length).toBeGreaterThan(0.95)
  })

  it('is unknown where a level was not measured', () => {
    expect(bestGoodput([[1, 2], []])).toBeNaN()
  })
})
