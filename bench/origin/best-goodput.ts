import { mean } from '../measure/statistics.ts'

/**
 * Goodput of the best level, without the luck that makes one of several equal levels look best: one half of the seconds
 * chooses the level, the other half measures it, and the other way round (cross-validation: Stone, "Cross-Validatory
 * Choice and Assessment of Statistical Predictions", JRSS B 1974). The highest of five figures that each vary by 3 %
 * would lie 3 % above what any level comes to.
 *
 * @param levels good answers of each second of each level
 * @returns good answers a second
 */
export function bestGoodput(levels: readonly (readonly number[])[]): number {
  const halves = levels.map((seconds) => [every(seconds, 0), every(seconds, 1)] as const)
  const [even, odd] = [halves.map(([first]) => first), halves.map(([, second]) => second)]
  return (measuredAt(indexOfMax(even), odd) + measuredAt(indexOfMax(odd), even)) / 2
}

/** Mean of every second value. */
function every(seconds: readonly number[], from: 0 | 1): number {
  return mean(seconds.filter((_, at) => at % 2 === from))
}

const indexOfMax = (values: readonly number[]): number => values.indexOf(Math.max(...values))

const measuredAt = (level: number, values: readonly number[]): number => values[level] ?? Number.NaN
