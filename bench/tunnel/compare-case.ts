import type { Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import type { Row } from '../measure/result.ts'
import type { Run } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { mean, pairedRatio } from '../measure/statistics.ts'
import { slowDown } from '../origin/slow-down.ts'
import { publishedTimes } from '../simulate/measured-times.ts'
import { firstFull, type OnePath } from '../simulate/one-path.ts'
import { joined } from '../simulate/origin-policy.ts'
import { type Case, mixed, poolSize, searchesOf } from './cases.ts'
import { withQuota } from './cpu-quota.ts'
import { cpuUs, type Limit, limitOf, limitRow, type Use, useOf } from './figures.ts'
import { watchListsInFlight } from './lists-in-flight.ts'
import { loneMs, saturate, type Times } from './loads.ts'
import type { Path } from './path.ts'

/** Costs of the path while the connector has a whole core and the other one is full. */
export type Costs = Omit<OnePath, 'connectorShare' | 'times'>

export interface Bench {
  readonly run: Run
  readonly path: Path
  readonly times: Times
  readonly rounds: number
}

/** A simulation from the costs, and the limit of the path just after it. */
export interface Round {
  readonly costs: Costs
  readonly predicted: Limit
  readonly measured: Limit
}

export interface Compared {
  readonly of: Case
  readonly rounds: readonly Round[]
}

/**
 * Predicts a case from the costs, and only then fills the path: in each round anew, since the machine's speed changes
 * within minutes.
 *
 * @param known costs where the case's database is slow. @default they are measured in each round
 */
export async function compare(
  { run, path, times, rounds: count }: Bench,
  of: Case,
  known?: Costs,
): Promise<Compared> {
  const { connections, connectorShare, mix, name, slowerByMs } = of
  if (slowerByMs > 0) await slowDown(path.databaseUri, slowerByMs)
  const lists = await watchListsInFlight(run, path.databaseUri)

  const fill = async (): Promise<Limit> => {
    let from = 0
    const onWindow = () => {
      from = lists.points.length
    }
    const report = await withQuota(path.connector, connectorShare, () =>
      saturate(path, { mix, connections, onWindow }, times),
    )
    const inWindow = lists.points.slice(from)
    const [begin = 0] = inWindow[0] ?? []
    const ofWindow = inWindow.filter(([at]) => at < begin + times.windowMs / 1_000)
    const inFlight = mean(ofWindow.map(([, inFlightThen]) => inFlightThen))
    return limitOf(useOf(report), connectorShare, inFlight / joined(poolSize).lists.inflightMax)
  }

  const rounds: Round[] = []
  for (let round = 1; round <= count; round += 1) {
    run.progress(`${name}, ${round} of ${count}: costs`)
    const costs = known ?? costsOf(await fillOther(path, times))
    const serviceTimes =
      slowerByMs > 0 ? searchesOf(publishedTimes(), await loneMs(path, mix, times)) : publishedTimes()
    const predicted = firstFull({ ...costs, connectorShare, times: serviceTimes })
    run.progress(`${name}, ${round} of ${count}: full`)
    rounds.push({ costs, predicted, measured: await fill() })
  }
  await lists.stop()
  return { of, rounds }
}

/** Fills all but the connector, which has a core of its own. */
const fillOther = async (path: Path, times: Times): Promise<Use> =>
  useOf(await saturate(path, { mix: mixed, connections: 64 }, times))

const costsOf = (use: Use): Costs => ({
  connectorCpuUs: cpuUs(use),
  originCpuUs: (use.rest / use.perSecond) * 1e6,
  poolSize,
})

const costUnits = {
  connectorUs: { unit: 'CPU µs/request', better: 'lower' },
  restUs: { unit: 'CPU µs/request', better: 'lower' },
} as const

export const rowsOf = ({ of, rounds }: Compared): readonly Row[] => [
  sampledRow(
    { case: of.name, subject: 'costs' },
    costUnits,
    rounds.map(({ costs }) => ({ connectorUs: costs.connectorCpuUs, restUs: costs.originCpuUs })),
  ),
  limitRow(
    of.name,
    'simulated',
    rounds.map(({ predicted }) => predicted),
  ),
  limitRow(
    of.name,
    'measured',
    rounds.map(({ measured }) => measured),
  ),
]

/** Simulated over measured rate, minus 1, in percent: the median of the rounds. */
export const errorPercent = ({ rounds }: Compared): number =>
  (pairedRatio(
    rounds.map(({ predicted }) => predicted.perSecond),
    rounds.map(({ measured }) => measured.perSecond),
  ) -
    1) *
  100

/** The error of the rate, and how often another tier than the simulated one was full. */
export const barsOf = (compared: Compared): readonly Measured[] => [
  { bar: bars.tunnelRateError, value: Math.abs(errorPercent(compared)) },
  {
    bar: bars.tunnelMisnamed,
    value: compared.rounds.filter(({ measured, predicted }) => measured.tier !== predicted.tier).length,
  },
]
