import { mean } from '../measure/statistics.ts'

/** A straight line: `at 0` and growth per unit. */
export interface Line {
  readonly start: number
  readonly slope: number
}

/**
 * Line through points by least squares.
 *
 * @param points x and y
 * @throws RangeError where fewer than two have different x
 */
export function fitLine(points: readonly (readonly [number, number])[]): Line {
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) throw new RangeError('a line needs two different loads')
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  return { start: meanY - slope * meanX, slope }
}
