import type { Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import type { Row } from '../measure/result.ts'
import type { Run } from '../measure/run.ts'
import { mean, median } from '../measure/statistics.ts'
import { slowDown } from '../origin/slow-down.ts'
import { publishedTimes } from '../simulate/measured-times.ts'
import { firstFull, type OnePath } from '../simulate/one-path.ts'
import { joined } from '../simulate/origin-policy.ts'
import { type Case, poolSize, searchesOf } from './cases.ts'
import { withNeighbours } from './cores.ts'
import { type Limit, limitOf, limitRow, useOf } from './figures.ts'
import { watchListsInFlight } from './lists-in-flight.ts'
import { loneMs, saturate, type Times } from './loads.ts'
import type { Path } from './path.ts'

/** Costs that were measured before a case fills a tier. */
export type Known = Omit<OnePath, 'connectorShare' | 'times'>

export interface Bench {
  readonly run: Run
  readonly path: Path
  readonly known: Known
  readonly times: Times
  readonly rounds: number
}

export interface Compared {
  readonly of: Case
  readonly predicted: Limit
  readonly measured: readonly Limit[]
}

/** Predicts a case from the costs, and only then fills the path. */
export async function compare({ run, path, known, times, rounds }: Bench, of: Case): Promise<Compared> {
  const { connections, mix, name, neighbours, slowerByMs } = of
  const connectorShare = 1 / (1 + neighbours)
  let serviceTimes = publishedTimes()
  if (slowerByMs > 0) {
    await slowDown(path.databaseUri, slowerByMs)
    run.progress(`${name}: alone`)
    serviceTimes = searchesOf(serviceTimes, await loneMs(path, mix, times))
  }
  const predicted = firstFull({ ...known, connectorShare, times: serviceTimes })

  const lists = await watchListsInFlight(run, path.databaseUri)
  const measured: Limit[] = []
  for (let round = 0; round < rounds; round += 1) {
    run.progress(`${name}: full, ${round + 1} of ${rounds}`)
    let from = 0
    const onWindow = () => {
      from = lists.points.length
    }
    const report = await withNeighbours(neighbours, () =>
      saturate(path, { mix, connections, onWindow }, times),
    )
    const inWindow = lists.points.slice(from)
    const [begin = 0] = inWindow[0] ?? []
    const ofWindow = inWindow.filter(([at]) => at < begin + times.windowMs / 1_000)
    const inFlight = mean(ofWindow.map(([, count]) => count))
    measured.push(limitOf(useOf(report), connectorShare, inFlight / joined(poolSize).lists.inflightMax))
  }
  await lists.stop()
  return { of, predicted, measured }
}

export const rowsOf = ({ measured, of, predicted }: Compared): readonly Row[] => [
  limitRow(of.name, 'simulated', [predicted]),
  limitRow(of.name, 'measured', measured),
]

/** Simulated over measured rate, minus 1, in percent. */
export const errorPercent = ({ measured, predicted }: Compared): number =>
  (predicted.perSecond / median(measured.map(({ perSecond }) => perSecond)) - 1) * 100

/** The error of the rate, and how often another tier than the simulated one was full. */
export const barsOf = (compared: Compared): readonly Measured[] => [
  { bar: bars.tunnelRateError, value: Math.abs(errorPercent(compared)) },
  {
    bar: bars.tunnelMisnamed,
    value: compared.measured.filter(({ tier }) => tier !== compared.predicted.tier).length,
  },
]
