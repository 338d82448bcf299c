/** Summary of the repetitions of one measurement, in the unit of the samples. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly repetitions: number
}

/** @throws {RangeError} where there is nothing to summarize */
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
 * The middle one; between the two middle ones where their number is even. `NaN` where one of them is `NaN`: a
 * measurement that failed must not vanish among those that did not.
 */
export function median(samples: readonly number[]): number {
  if (samples.some(Number.isNaN)) return Number.NaN
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/**
 * Half the range in percent of the median: with three to nine repetitions the whole range is the honest spread, since
 * a standard deviation of so few would itself be noise.
 */
export const spreadPercent = ({ median, min, max }: Summary): number =>
  median === 0 ? 0 : ((max - min) / 2 / Math.abs(median)) * 100

/**
 * The median of the ratios of paired repetitions. Two subjects measured in the same round share what the machine did in
 * that round, so their ratio is steadier than the ratio of their medians.
 *
 * @throws {RangeError} where the two were not measured in the same rounds
 */
export function pairedRatio(numerator: readonly number[], denominator: readonly number[]): number {
  if (numerator.length !== denominator.length) throw new RangeError('not measured in the same rounds')
  return median(numerator.map((value, round) => value / (denominator[round] as number)))
}

/**
 * The ratio of the means: for what comes seldom and at once, as a garbage collection does, which falls into one repetition
 * and not into the next. A median counts it always or never; a mean counts it as often as it came.
 *
 * @throws {RangeError} where there is nothing to compare
 */
export function meanRatio(numerator: readonly number[], denominator: readonly number[]): number {
  return mean(numerator) / mean(denominator)
}

function mean(samples: readonly number[]): number {
  if (samples.length === 0) throw new RangeError('no samples')
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length
}
