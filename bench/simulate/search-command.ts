import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { table } from '../measure/table.ts'
import { searchFigure } from './chart/search-figure.ts'
import type { ScalingPolicy } from './group/scaling-rules.ts'
import { connectionBudget, connectionDemand, databaseCapacity } from './infra.ts'
import { success } from './ledger.ts'
import { publishedTimes } from './measured-times.ts'
import { awsDefaults, deployedRules, production, seedRules } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { type Judged, judge, lostPercent, price, search } from './search.ts'
import { candidates } from './search-space.ts'
import { createWorld } from './world.ts'

/** `npm run simulate -- search [-- --quick]`: looks for scaling rules, and shows the winner against those in use. */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })

/** The spike with this many times the users, and each request this many times as heavy as measured. */
const worse = { users: 3, weight: 3 } as const

const requests = values.quick ? 3_000 : 8_000
const times = publishedTimes()
const measured = createWorld({ requests, times, hasTunnel: false })
const trials = {
  trial: {
    scenario: crowded(find('spike')),
    world: createWorld({ requests, times, weight: worse.weight, hasTunnel: false }),
  },
  day: { scenario: find('wave'), world: measured },
  connectionsMax: connectionsMax(),
}
const space = candidates(measured.responses.capacityPerSecond)
console.log(
  `${space.length} sets of rules through the spike with ${worse.users} times the users, each request ${worse.weight} times as heavy as measured`,
)
const started = performance.now()
const say = (done: number) => {
  if (done % 50 === 0)
    console.error(`${((performance.now() - started) / 1_000).toFixed(0)} s: ${done} of ${space.length}`)
}
const judged = search(space, trials, say)
const deployed = deployedRules(production)
const known = [deployed, awsDefaults(deployed), seedRules(deployed)].map((rules) =>
  price(judge(rules, trials), trials),
)

const row = (each: Judged): string[] => {
  const { critical, normal, background } = each.trial.totals.outcomes
  return [
    each.rules.name,
    ...[critical, normal, background].map((outcome) => (success(outcome) * 100).toFixed(2)),
    lostPercent(each).toFixed(2),
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
console.log(`\n${table(head, judged.slice(0, 18).map(row))}\n`)
console.log(table(['in use elsewhere', ...head.slice(1)], known.map(row)))
const kept = judged.filter(({ misses }) => misses.length === 0).length
console.log(`
critical, normal, background: % answered in the trial. lost: % of all. $ day: the day of the wave, requests as measured.
${kept} of ${space.length} sets answer 99.9 % of critical requests in the trial, no one in more than a second, within the budget. The first is
the one that loses least among those whose day costs at most 1 % more than the cheapest.`)

const [winner] = judged
if (winner !== undefined) {
  const { instanceType, min, warm } = winner.rules
  const like = judged.filter(
    ({ rules }) => rules.instanceType === instanceType && rules.min === min && rules.warm === warm,
  )
  like.sort((a, b) => lostPercent(a) - lostPercent(b))
  console.log(`\nWhat the signals do, on the winner's fleet:\n\n${table(head, like.map(row))}`)
}
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

function crowded(scenario: Scenario): Scenario {
  const users = scenario.users.map(({ at, users }) => ({ at, users: users * worse.users }))
  return { ...scenario, name: 'trial', users }
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
