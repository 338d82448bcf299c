import { describe, expect, it } from 'vitest'
import { meanRatio, median, pairedRatio, spreadPercent, summarize } from './statistics.ts'

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (samples, expected) => expect(median(samples)).toBe(expected))

  it('is NaN where one sample is: a failed repetition stays visible', () => {
    expect(median([1, Number.NaN, 3])).toBeNaN()
  })
})

it('takes half the range as the spread, in percent of the median', () => {
  expect(spreadPercent(summarize([90, 100, 130]))).toBe(20)
  expect(spreadPercent(summarize([7]))).toBe(0)
})

it('refuses to summarize nothing', () => {
  expect(() => summarize([])).toThrow(RangeError)
})

describe('a paired ratio', () => {
  it('cancels disturbances that both subjects had in one round', () => {
    expect(pairedRatio([500, 1000, 520], [100, 200, 104])).toBe(5)
  })

  it('refuses different numbers of rounds', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError)
  })
})

describe('a ratio of means', () => {
  it('counts rare costs as often as they occur', () => {
    expect(meanRatio([10, 10, 40], [10, 10, 10])).toBe(2)
    expect(meanRatio([1, Number.NaN], [1, 1])).toBeNaN()
  })

  it('refuses to compare nothing', () => {
    expect(() => meanRatio([], [1])).toThrow(RangeError)
    expect(() => meanRatio([1], [])).toThrow(RangeError)
  })
})
