import type { Result } from '../measure/result.ts'
import { type Comparison, compare, differences } from './compare.ts'
import { type BarComparison, compareBars } from './compare-bars.ts'

/** Comparison of two results of one bench. */
export interface BenchComparison {
  readonly before: Result
  readonly after: Result
  /** Reasons not to compare the two. */
  readonly differences: readonly string[]
  readonly figures: readonly Comparison[]
  readonly bars: readonly BarComparison[]
}

export const compareBenches = (before: Result, after: Result): BenchComparison => ({
  before,
  after,
  differences: differences(before, after),
  figures: compare(before, after),
  bars: compareBars(before, after),
})

/** Whether a figure has become worse, or a bar fails that held before. */
export const isWorse = ({ figures, bars }: BenchComparison): boolean =>
  figures.some(({ judgement }) => judgement === 'worse') || bars.some(({ change }) => change === 'now fails')
