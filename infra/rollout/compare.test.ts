import { describe, expect, it } from 'vitest'
import { type Figures, worseThan } from './compare.ts'

const figures = (requests: number, errors = 0, p99Ms = 80): Figures => ({ requests, errors, p99Ms })

describe('a new version is worse', () => {
  it.each([
    ['with 2 % of errors more', figures(2_000, 42), figures(18_000, 18), /^2.10 % of its answers are errors/],
    ['with errors alone', figures(500, 500), figures(4_500), /^100.00 %/],
    [
      'with a p99 that is 100 ms higher',
      figures(2_000, 0, 180),
      figures(18_000, 0, 80),
      /^its p99 is 180 ms/,
    ],
  ])('%s', (_, fresh, former, words) => expect(worseThan(fresh, former)).toMatch(words))
})

describe('nothing is said', () => {
  it.each([
    ['of equal versions', figures(2_000, 20), figures(18_000, 180)],
    ['of a version that is better', figures(2_000, 0, 40), figures(18_000, 900, 400)],
    ['of a difference that chance explains', figures(600, 6), figures(5_400, 20)],
    ['of one that is small, however certain', figures(1e6, 4_000), figures(9e6, 0)],
    ['before there are enough requests', figures(499, 499), figures(5_000)],
    ['without a former version to compare with', figures(5_000, 5_000), figures(3)],
    ['of 40 ms more', figures(2_000, 0, 120), figures(18_000, 0, 80)],
    ['of 60 ms more than 400', figures(2_000, 0, 460), figures(18_000, 0, 400)],
  ])('%s', (_, fresh, former) => expect(worseThan(fresh, former)).toBeUndefined())
})
