import { describe, expect, it } from 'vitest'
import { evaluateMath, type Values } from './metric-math.ts'
import { releaseErrorsMax, releaseExpressions, releaseSlowerMaxMs } from './release.ts'

/** A minute in which a third of six origins have the new release. */
const minute = (change: Values = {}): Values => ({
  ...{ mine: 20_000, all: 60_000, bad: undefined, allBad: undefined },
  ...{ time: 2 * 4 * 0.08, count: 8, allTime: 6 * 4 * 0.08, allCount: 24 },
  ...change,
})
const errors = (change?: Values) => evaluateMath(releaseExpressions.errors, minute(change))
const slower = (change?: Values) => evaluateMath(releaseExpressions.slower, minute(change)) ?? Number.NaN

describe('a release that is as good as the former one', () => {
  it('without errors', () => expect([errors(), slower()]).toEqual([0, expect.closeTo(0)]))
  it('with the same share of errors', () => expect(errors({ bad: 20, allBad: 60 })).toBeCloseTo(0))
})

describe('a release that is worse', () => {
  it('has 2 % of errors', () => expect(errors({ bad: 400, allBad: 400 })).toBeGreaterThan(releaseErrorsMax))
  it('takes 100 ms more', () =>
    expect(slower({ time: 8 * 0.18, allTime: 16 * 0.08 + 8 * 0.18 })).toBeCloseTo(100))
  it('rings for 60 ms, and not for 40', () => {
    const by = (ms: number) =>
      slower({ time: 8 * (0.08 + ms / 1_000), allTime: 16 * 0.08 + 8 * (0.08 + ms / 1_000) })
    expect([by(60) > releaseSlowerMaxMs, by(40) > releaseSlowerMaxMs]).toEqual([true, false])
  })
})

describe('nothing is said', () => {
  it('where the former release is the worse one', () =>
    expect(errors({ bad: 0, allBad: 4_000 })).toBeLessThan(0))
  it('outside a deployment: there is nothing to compare with', () => {
    const alone = { mine: 60_000, bad: 60_000, allBad: 60_000, time: 24, count: 24, allTime: 24 }
    expect([errors(alone), slower(alone)]).toEqual([0, 0])
  })
  it('before the release has requests', () => {
    const unborn = { mine: undefined, bad: undefined, time: undefined, count: undefined }
    expect([errors({ ...unborn, allBad: 4 }), slower(unborn)]).toEqual([0, 0])
  })
  it('of a few requests', () => expect(errors({ mine: 400, bad: 400, allBad: 400 })).toBe(0))
  it('of a night without requests', () =>
    expect([
      errors({ mine: undefined, all: undefined }),
      slower({ mine: undefined, all: undefined }),
    ]).toEqual([0, 0]))
})
