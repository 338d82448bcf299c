import { describe, expect, it } from 'vitest'
import { compareBars } from './compare-bars.ts'
import { exampleBar, exampleResult } from './example-result.ts'

const changes = (before: readonly number[], after: readonly number[]) =>
  compareBars(
    exampleResult({ bars: before.map((value) => exampleBar(value)) }),
    exampleResult({ bars: after.map((value) => exampleBar(value)) }),
  ).map(({ change, after: { measured } }) => [change, measured])

describe('bars of two results', () => {
  it.each([
    [12, 9, [['now fails', 9]]],
    [9, 12, [['now holds', 12]]],
    [9, 8, [['fails', 8]]],
    [12, 11, []],
  ])('%d, then %d of at least 10: %j', (before, after, expected) => {
    expect(changes([before], [after])).toEqual(expected)
  })

  it('pairs bars with one name in order', () =>
    expect(changes([12, 9], [9, 12])).toEqual([
      ['now fails', 9],
      ['now holds', 12],
    ]))

  it('leaves out a bar that is new', () => expect(changes([12], [12, 9])).toEqual([]))

  it('holds each against the limit of its own run', () => {
    const before = exampleResult({ bars: [exampleBar(12)] })
    const after = exampleResult({ bars: [exampleBar(12, 'times-fewer', 13)] })
    expect(compareBars(before, after)).toMatchObject([{ change: 'now fails', after: { limit: 13 } }])
  })
})
