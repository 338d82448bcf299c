import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../measure/table.ts'
import { localFolder, root } from '../stack/folders.ts'
import { searchFigure } from './chart/search-figure.ts'
import type { ScalingPolicy } from './group/scaling-rules.ts'
import { connectionBudget, connectionDemand, databaseCapacity } from './infra.ts'
import { success } from './ledger.ts'
import { awsDefaults, deployedRules, production, seedRules } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { type Judged, lost, search } from './search.ts'
import { candidates } from './search-space.ts'
import { createWorld } from './world.ts'

/** `npm run simulate:search [-- --quick]`: looks for scaling rules, and shows the winner against those in use. */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })

/** An application whose requests are this much heavier than the sample's must get by on the default rules too. */
const trialWeight = 3

const requests = values.quick ? 3_000 : 8_000
const measured = createWorld({ requests })
const trials = {
  trial: { scenario: find('spike'), world: createWorld({ requests, weight: trialWeight }) },
  day: { scenario: find('wave'), world: measured },
  connectionsMax: connectionsMax(),
}
const space = candidates(measured.responses.capacityPerSecond)
console.log(
  `${space.length} sets of rules through the spike with requests ${trialWeight} times heavier than measured`,
)
const started = performance.now()
const say = (done: number) => {
  if (done % 50 === 0)
    console.error(`${((performance.now() - started) / 1_000).toFixed(0)} s: ${done} of ${space.length}`)
}
const judged = search(space, trials, values.quick ? 8 : 32, say)
const deployed = deployedRules(production)
const known = search([deployed, awsDefaults(deployed), seedRules(deployed)], trials, 3)

const row = (each: Judged): string[] => {
  const { critical, normal, background } = each.trial.totals.outcomes
  return [
    each.rules.name,
    ...[critical, normal, background].map((outcome) => (success(outcome) * 100).toFixed(2)),
    (lost(each) / 100).toFixed(2),
    `${each.trial.totals.inServiceMax}`,
    `${Math.round(each.trial.totals.longestMs)}`,
    each.trial.totals.dollars.toFixed(2),
    each.dayDollars?.toFixed(2) ?? '',
    each.misses.join(' '),
  ]
}
const head = [
  'rules',
  'critical',
  'normal',
  'backgr.',
  'lost',
  'most',
  'longest',
  '$ trial',
  '$ day',
  'misses',
]
console.log(`\n${table(head, judged.slice(0, 12).map(row))}\n`)
console.log(table(['in use elsewhere', ...head.slice(1)], known.map(row)))
const kept = judged.filter(({ misses }) => misses.length === 0).length
console.log(`
critical, normal, background: % answered in the trial. lost: % of all. $ day: the day of the wave, requests as measured.
${kept} of ${space.length} sets keep 99.9 % of critical and normal and 95 % of background requests, none over a second.`)

const [winner] = judged
if (winner !== undefined) {
  console.log(
    `\nwinner: ${JSON.stringify({ ...winner.rules, policies: winner.rules.policies.map(inWords) }, null, 2)}`,
  )
}
const folder = values.quick ? join(localFolder, 'simulate') : join(root, 'bench/results/simulate')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'search.svg'), searchFigure(judged, known))

function find(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name)
  if (scenario === undefined) throw new RangeError(`no scenario '${name}'`)
  return scenario
}

function connectionsMax(): number {
  const { allowed, demand } = connectionBudget(databaseCapacity(production), connectionDemand(production))
  return allowed - demand.headroom
}

function inWords(policy: ScalingPolicy): string {
  if (policy.kind === 'target') return `${policy.metric} at ${policy.target}`
  const steps = policy.steps.map(({ at, change }) => `from ${at}: ${change} %`)
  return `${policy.metric} ${steps.join(', ')}`
}
