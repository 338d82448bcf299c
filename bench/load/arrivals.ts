import type { Random } from './random.ts'

/** A point of a rate curve; between two points the rate is on the straight line between them. */
export interface RatePoint {
  readonly atMs: number
  readonly perSecond: number
}

/**
 * - `poisson`: independent requests, as from many users who do not know of each other.
 * - `constant`: evenly spaced, for measurements without bursts.
 */
export type Spacing = 'poisson' | 'constant'

/** The same rate from 0 to `durationMs`. */
export const steady = (perSecond: number, durationMs: number): readonly RatePoint[] => [
  { atMs: 0, perSecond },
  { atMs: durationMs, perSecond },
]

/**
 * Planned times of requests (ms since the start), in order, independent of answers.
 *
 * A process with rate λ(t) is one of rate 1 seen through Λ(t), the number of requests expected by t (Çinlar 1975,
 * inversion method). So requests are placed at distance 1 (constant) or Exp(1) (Poisson), and Λ is inverted: a
 * quadratic equation on each straight piece of the curve.
 */
export function* arrivals(curve: readonly RatePoint[], spacing: Spacing, random: Random): Generator<number> {
  const step = spacing === 'constant' ? () => 1 : () => -Math.log(1 - random())
  // Evenly spaced requests start in the middle of their first interval: otherwise all streams would start at the same
  // instant.
  let wanted = spacing === 'constant' ? random() : step()
  let expected = 0
  for (const [index, from] of curve.slice(0, -1).entries()) {
    // The cast is safe: the loop leaves out the last point.
    const to = curve[index + 1] as RatePoint
    const lengthMs = to.atMs - from.atMs
    if (lengthMs < 0) throw new RangeError('a rate curve must not go back in time')
    const total = (((from.perSecond + to.perSecond) / 2) * lengthMs) / 1000
    for (; wanted < expected + total; wanted += step()) {
      yield from.atMs + timeWithin(from.perSecond, to.perSecond, lengthMs, wanted - expected)
    }
    expected += total
  }
}

/** The time into a piece by which `count` requests are expected: the root of `slope/2·t² + rate·t = count`. */
function timeWithin(fromPerSecond: number, toPerSecond: number, lengthMs: number, count: number): number {
  const rate = fromPerSecond / 1000
  const slope = (toPerSecond - fromPerSecond) / 1000 / lengthMs
  // This form of the root has no difference of nearly equal numbers where the slope is small.
  return (2 * count) / (rate + Math.sqrt(rate * rate + 2 * slope * count))
}
