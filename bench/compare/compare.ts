import type { Result } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { rankTest } from './rank-test.ts'
import { welchTest } from './welch-test.ts'

/**
 * - `better`, `worse`: a change.
 * - `same`: no more than noise.
 * - `unclear`: too few repetitions to tell noise from change.
 */
export type Judgement = 'better' | 'worse' | 'same' | 'unclear'

export interface Comparison {
  readonly bench: string
  readonly case: string
  readonly subject: string
  readonly metric: string
  readonly unit: string
  readonly before: number
  readonly after: number
  /** Change of the median, in percent of the one before. */
  readonly changePercent: number
  /** Probability of such a distance by chance alone. */
  readonly p: number
  readonly judgement: Judgement
}

/** Smallest change of the median that counts, whatever its probability. */
const interestingPercent = 3

/**
 * Family-wise error rate: the probability that any figure of a bench is called a change although nothing has changed.
 */
const falseAlarms = 0.05

/** Repetitions from which on ranks alone are enough: for 8 against 8 the smallest p is 0.0002. */
const ranksTellFrom = 8

/**
 * Compares two results of one bench, figure by figure.
 *
 * A change must be more than 3 % of the median, and so improbable by chance that {@link falseAlarms} holds over all
 * compared figures (Holm 1979). The rank test gives the probability and assumes no distribution. But three samples lie
 * above three others by chance once in ten times, and five above five once in 126, while a bench has a hundred figures:
 * ranks of so few samples prove nothing. Then the t test on the logarithms decides, which assumes that the noise of a
 * figure is a factor and about normal. A figure whose samples do not overlap, and whose change is still not certain, is
 * `unclear`: repeat the bench.
 *
 * No test finds noise that lasts for a whole run (a busy neighbour, another clock rate). So compare runs of one
 * machine, close together in time, twice.
 */
export function compare(before: Result, after: Result): readonly Comparison[] {
  const pairs = before.rows.flatMap((row) => {
    const other = after.rows.find((each) => each.case === row.case && each.subject === row.subject)
    return Object.entries(row.metrics).flatMap(([metric, { samples, unit, better }]) => {
      const newer = other?.metrics[metric]
      const [a, b] = [measured(samples), measured(newer?.samples ?? [])]
      if (a.length === 0 || b.length === 0) return []
      const change = (median(b) / median(a) - 1) * 100
      return {
        ...{ bench: before.bench, case: row.case, subject: row.subject, metric, unit, better },
        ...{ before: median(a), after: median(b), a, b, p: chanceOf(a, b) },
        changePercent: Number.isFinite(change) ? change : 0,
      }
    })
  })
  const sure = holm(pairs.map(({ p }) => p))
  return pairs.map(({ a, b, better, ...pair }, i): Comparison => {
    const isBetter = better === 'lower' ? pair.changePercent < 0 : pair.changePercent > 0
    const isInteresting = Math.abs(pair.changePercent) >= interestingPercent
    if (!isInteresting) return { ...pair, judgement: 'same' }
    if (sure[i]) return { ...pair, judgement: isBetter ? 'better' : 'worse' }
    return { ...pair, judgement: overlap(a, b) ? 'same' : 'unclear' }
  })
}

function chanceOf(a: readonly number[], b: readonly number[]): number {
  const isEnough = a.length >= ranksTellFrom && b.length >= ranksTellFrom
  const isPositive = [...a, ...b].every((sample) => sample > 0)
  if (isEnough || !isPositive) return rankTest(a, b)
  return welchTest(a.map(Math.log), b.map(Math.log))
}

const measured = (samples: readonly (number | null)[]): readonly number[] =>
  samples.filter((sample) => sample !== null)

const overlap = (a: readonly number[], b: readonly number[]): boolean =>
  Math.max(...a) >= Math.min(...b) && Math.max(...b) >= Math.min(...a)

/**
 * Holm's correction: the tests that may count as significant while the probability of any false alarm stays below the
 * limit.
 */
function holm(ps: readonly number[]): readonly boolean[] {
  const believed = ps.map(() => false)
  const order = ps.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p)
  for (const [i, { p, index }] of order.entries()) {
    if (p > falseAlarms / (ps.length - i)) break
    believed[index] = true
  }
  return believed
}

/** Reasons not to compare two results at all. */
export function differences(before: Result, after: Result): readonly string[] {
  const found: string[] = []
  if (before.bench !== after.bench) found.push(`${before.bench} and ${after.bench} measure different things`)
  if (before.quick !== after.quick) found.push('one of them is a quick run')
  if (JSON.stringify(before.machine) !== JSON.stringify(after.machine)) {
    found.push(`different machines: ${before.machine.cpu}, ${after.machine.cpu}`)
  }
  const settings = [...new Set([...Object.keys(before.settings), ...Object.keys(after.settings)])]
  for (const name of settings) {
    const [a, b] = [before.settings[name], after.settings[name]]
    if (a !== b) found.push(`${name}: ${a} and ${b}`)
  }
  return found
}
