import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import { type PurgeScenario, simulatePurges } from './simulate.ts'

parseArgs({ options: {} })

/**
 * Purges under the limits of the Pro plan: how many are lost, and how late the latest is. In the last two scenarios
 * each isolate alone has the rates of the others: far more tags than the plan can purge one by one.
 */
const scenarios: readonly PurgeScenario[] = [
  { name: '20x20', isolates: 20, writesPerSecond: 20, seconds: 60, seed: 1 },
  { name: '100x50', isolates: 100, writesPerSecond: 50, seconds: 60, seed: 2 },
  { name: '20x20-each', isolates: 20, writesPerSecond: 400, seconds: 60, seed: 3 },
  { name: '100x50-each', isolates: 100, writesPerSecond: 5_000, seconds: 10, seed: 4 },
]

const measured = []
for (const scenario of scenarios) {
  const { writes, calls, refused, unpurged, slowestMs, medianMs } = await simulatePurges(scenario)
  console.log(
    `${scenario.name}: ${scenario.isolates} isolates, ${scenario.writesPerSecond} writes/s in all, ${writes} writes, ` +
      `${calls} calls, ${refused} refused; a purge takes ${Math.round(medianMs)} ms, the slowest ${Math.round(slowestMs)} ms`,
  )
  const { name } = scenario
  measured.push(
    { bar: { ...bars.purgesLost, name: `purge-${name} ${bars.purgesLost.name}` }, value: unpurged },
    { bar: { ...bars.purgeSlowest, name: `purge-${name} ${bars.purgeSlowest.name}` }, value: slowestMs },
  )
}
reportBars(measured)
