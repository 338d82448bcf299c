import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Measured, reportBars } from '@spillway/infra/local/bar'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { bars } from '../bars.ts'
import { figure, table } from '../measure/table.ts'
import { scenarioFigure } from './chart/scenario-figure.ts'
import { lambdaCost } from './cost.ts'
import {
  connectionBudget,
  connectionDemand,
  databaseCapacity,
  databaseClasses,
  documentDbOf,
} from './infra.ts'
import { success } from './ledger.ts'
import { publishedTimes } from './measured-times.ts'
import { operations } from './operations.ts'
import { awsDefaults, deployedRules, production, seedRules } from './rules.ts'
import { scenarios } from './scenarios.ts'
import { type Simulation, simulate } from './simulation.ts'
import { createWorld } from './world.ts'

/** `npm run simulate [-- --scenario NAME] [--seed N] [--quick]`: every scenario, a table, charts, the bars. */
const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
  },
})
const chosen = scenarios.filter(({ name }) => values.scenario === undefined || values.scenario === name)
if (chosen.length === 0) {
  throw new RangeError(`--scenario must be one of ${scenarios.map(({ name }) => name).join(', ')}`)
}

const ours = deployedRules(production)
const rules = [ours, awsDefaults(ours), seedRules(ours)]
const world = createWorld({
  requests: values.quick ? 6_000 : 20_000,
  seed: Number(values.seed),
  times: publishedTimes(),
})
const { demanded, allowed, demand } = connectionBudget(
  databaseCapacity(production),
  connectionDemand(production),
)
const budget = allowed - demand.headroom
const folder = values.quick ? join(localFolder, 'simulate') : join(root, 'bench/results/simulate')
await mkdir(folder, { recursive: true })

const { instanceClass } = documentDbOf(production)
console.log(`service times: ${world.times.source}
one process: ${Math.round(world.responses.capacityPerSecond)} requests/s at most; a user asks every ${world.thinkSeconds} s
budget: ${allowed} active connections of db.${instanceClass} (${databaseClasses[instanceClass].vcpus} vCPUs) - ${demand.headroom} head-room = ${budget}; the largest group wants ${demanded - demand.headroom}
`)

const percent = (share: number): string => (share * 100).toFixed(share > 0.999 && share < 1 ? 3 : 2)
const runs: Simulation[] = []
const rows: string[][] = []
for (const scenario of chosen) {
  const started = performance.now()
  const group = rules.map((each) => simulate(scenario, each, world))
  runs.push(...group)
  const [mine, ...others] = group
  if (mine !== undefined) {
    await writeFile(join(folder, `${scenario.name}.svg`), scenarioFigure(mine, others, budget))
  }
  for (const { rules: each, totals, saturation } of group) {
    const { critical, normal, background } = totals.outcomes
    rows.push([
      each === ours ? scenario.name : '',
      each.name,
      `${totals.inServiceMax}`,
      figure(totals.instanceHours),
      figure(totals.p50Ms),
      figure(totals.p99Ms),
      figure(totals.longestMs),
      percent(success(critical)),
      percent(success(normal)),
      percent(success(background)),
      `${totals.connectionsMax}`,
      totals.dollars.toFixed(2),
      totals.dollarsPerMillion.toFixed(3),
      saturation.text,
    ])
  }
  console.error(`${scenario.name}: ${((performance.now() - started) / 1_000).toFixed(1)} s`)
}
const head = [
  'scenario',
  'rules',
  'most',
  'hours',
  'p50',
  'p99',
  'longest',
  'critical',
  'normal',
  'backgr.',
  'conn.',
  '$',
  '$/M',
  'full first',
]
console.log(table(head, rows))
console.log(`
most: instances in service. hours: of instances. p50, p99: ms, of the origin's answers. longest: ms, of anyone admitted,
answered or not. critical, normal, background: % answered. conn.: if every pool is full. $/M: for a million answers.
full first: the tier that has no room left first, and when; if none, the busiest one and its highest load.
charts: ${folder}`)

const writeShare = operations.filter(({ writes }) => writes).reduce((sum, { share }) => sum + share, 0)
const spike = runs.find((run) => run.scenario.name === 'spike' && run.rules === ours)
const overBudget =
  Math.max(...runs.filter((run) => run.rules === ours).map(({ totals }) => totals.connectionsMax)) - budget
const measured: Measured[] = [{ bar: bars.simulatedConnections, value: overBudget }]
if (spike !== undefined) {
  const behaviour = { thinkSeconds: world.thinkSeconds, writeShare }
  const [rest, http] = (['rest', 'http'] as const).map((gateway) =>
    lambdaCost(spike.scenario, behaviour, gateway),
  )
  const { dollarsPerMillion, longestMs, outcomes } = spike.totals
  console.log(
    `\nA million requests of the spike: $${dollarsPerMillion.toFixed(3)} here, $${rest?.perMillion.toFixed(3)} by API Gateway (REST) and Lambda, $${http?.perMillion.toFixed(3)} by API Gateway (HTTP) and Lambda.`,
  )
  measured.unshift(
    { bar: bars.simulatedLongest, value: longestMs },
    { bar: bars.simulatedCritical, value: success(outcomes.critical) * 100 },
    { bar: bars.simulatedCost, value: (rest?.perMillion ?? 0) / dollarsPerMillion },
  )
}
console.log('')
reportBars(measured)
