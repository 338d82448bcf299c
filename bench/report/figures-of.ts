import type { Row } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'

/** Samples of a metric that were measured. */
export const samplesOf = ({ metrics }: Row, metric: string): readonly number[] =>
  (metrics[metric]?.samples ?? []).filter((sample) => sample !== null)

/** Median, minimum and maximum; `undefined` if nothing was measured. */
export function spreadOf(row: Row, metric: string) {
  const samples = samplesOf(row, metric)
  if (samples.length === 0) return undefined
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    count: samples.length,
  }
}
