import { describe, expect, it } from 'vitest'
import type { Result } from '../measure/result.ts'
import { compareBenches, isWorse } from './bench-comparison.ts'
import { exampleBar, exampleResult, exampleRow } from './example-result.ts'
import { markdownOf } from './markdown.ts'

const later = { startedAt: '2026-11-30T12:00:00.000Z', versions: { commit: 'ba9876543210' } }
const compared = (more: Partial<Result>) =>
  compareBenches(exampleResult(), exampleResult({ ...later, ...more }))

describe('the comparison of two results as Markdown', () => {
  it('has commits and days, figures that changed, and bars that flipped', () => {
    const worse = compared({ rows: [exampleRow([120, 121, 122])], bars: [exampleBar(9)] })
    const text = markdownOf([worse])
    expect(text).toContain('#### edge: `0123456789ab` of 2026-11-24 → `ba9876543210` of 2026-11-30')
    expect(text).toContain('| times-fewer | 12.0 | 9.00 | >= 10 | **now fails** |')
    expect(text).toContain('| Spillway, read: cpu | µs | 101 | 121 | +19.8 % | <0.001 | **worse** |')
    expect(text).toContain('**1 worse, 0 better**')
    expect(isWorse(worse)).toBe(true)
  })

  it('counts figures that are the same without a row', () => {
    const same = compared({ rows: [exampleRow([101, 100, 102])] })
    expect(markdownOf([same])).toContain('1 the same')
    expect(markdownOf([same])).toContain('No change.')
    expect(isWorse(same)).toBe(false)
  })

  it('is a table of GitHub: each row has the cells of its head', () => {
    const text = markdownOf([
      compared({
        rows: [exampleRow([120, 121, 122])],
        bars: [exampleBar(12, 'times-fewer', 13)],
        quick: true,
      }),
    ])
    const cells = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').length)
    expect(cells).toEqual([7, 7, 7, 9, 9, 9])
    expect(text).toContain('>= 13 (was 10)')
    expect(text).toContain('> Not the same: one of them is a quick run')
  })

  it('keeps a vertical bar in a name from ending its cell', () => {
    const before = exampleResult({ rows: [exampleRow([100, 101, 102], 'a|b')] })
    const after = exampleResult({ ...later, rows: [exampleRow([120, 121, 122], 'a|b')] })
    expect(markdownOf([compareBenches(before, after)])).toContain('| a\\|b, read: cpu |')
  })

  it('leaves out benches that were not run again', () => {
    const result = exampleResult()
    expect(markdownOf([compareBenches(result, result)])).toContain('No bench was run again')
  })
})
