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

/** A smaller change of the median is of no interest to anybody, however sure. */
const interestingPercent = 3

/** Family-wise error rate: the chance that any figure of a bench is called a change where nothing has changed. */
const falseAlarms = 0.05

/** From this many repetitions on, ranks alone can tell: 8 against 8 can be as unlikely as 0.0002. */
const ranksTellFrom = 8

/**
 * Compares two results of one bench, figure by figure.
 *
 * A change has to be more than 3 % of the median, and so unlikely to be chance that {@link falseAlarms} holds over all
 * figures that are looked at (Holm 1979). How unlikely it is says the rank test, which asks nothing of the distribution;
 * but three samples lie apart from three by chance once in ten times, five from five once in 126, and a bench has a
 * hundred figures, so ranks of so few can prove nothing. There the t
 * test on the logarithms has to do, which supposes that the noise of a figure is a factor and about normal. What lies
 * apart and is still not sure is `unclear`: repeat it.
 *
 * Noise that lasts for a whole run (a busy neighbour, another clock rate) is in no sample of its own, and no test finds
 * it: compare runs of one machine at one time, and twice.
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

/** Holm's correction: the tests that may be believed while the chance of any false alarm stays below the limit. */
function holm(ps: readonly number[]): readonly boolean[] {
  const believed = ps.map(() => false)
  const order = ps.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p)
  for (const [i, { p, index }] of order.entries()) {
    if (p > falseAlarms / (ps.length - i)) break
    believed[index] = true
  }
  return believed
}

/** Why two results should not be compared at all. */
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
