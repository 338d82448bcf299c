/** Summary of the repetitions of one measurement, in the unit of the samples. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly repetitions: number
}

/** @throws {RangeError} for an empty list */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('no samples')
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    repetitions: samples.length,
  }
}

/**
 * The median; the mean of the two middle samples if their number is even. `NaN` if one of them is `NaN`, so that a
 * failed measurement does not go unnoticed.
 */
export function median(samples: readonly number[]): number {
  if (samples.some(Number.isNaN)) return Number.NaN
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  // The casts hold for a list that is not empty; the median of none is NaN, through `undefined`.
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/**
 * Half the range in percent of the median. With three to nine repetitions a standard deviation would itself be noise.
 */
export const spreadPercent = ({ median, min, max }: Summary): number =>
  median === 0 ? 0 : ((max - min) / 2 / Math.abs(median)) * 100

/**
 * The median of the ratios of paired repetitions. Two subjects of the same round are affected alike by the machine, so
 * this varies less than the ratio of their medians.
 *
 * @throws {RangeError} if the two were not measured in the same rounds
 */
export function pairedRatio(numerator: readonly number[], denominator: readonly number[]): number {
  if (numerator.length !== denominator.length) throw new RangeError('not measured in the same rounds')
  // The cast is safe: both lists have the same length.
  return median(numerator.map((value, round) => value / (denominator[round] as number)))
}

/**
 * The ratio of the means, for rare large costs such as garbage collections, which fall into some repetitions only. A
 * median counts them always or never; a mean counts them as often as they happen.
 *
 * @throws {RangeError} for an empty list
 */
export function meanRatio(numerator: readonly number[], denominator: readonly number[]): number {
  if (numerator.length === 0 || denominator.length === 0) throw new RangeError('no samples')
  return mean(numerator) / mean(denominator)
}

/** The mean; `NaN` for an empty list. */
export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length
}
