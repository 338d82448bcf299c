import { parseArgs } from 'node:util'
import { type Bill, count } from '../src/cost/bill.ts'
import { databaseSize, databaseSizeText } from '../src/cost/database-size.ts'
import { requestsOfBudget } from '../src/cost/edge-cost.ts'
import { type FunctionsDesign, functionsCost } from '../src/cost/functions-cost.ts'
import { priceSource } from '../src/cost/prices.ts'
import { spillwayCost } from '../src/cost/spillway-cost.ts'
import { defaultWorkload, service, trafficOf, type Workload } from '../src/cost/workload.ts'
import { stages } from '../src/stages.ts'

/** `npm run cost -- --users 100000`: the monthly bill of Spillway and of functions, with the assumptions. */
const flags = {
  users: 'users',
  'requests-per-user-second': 'requestsPerUserSecond',
  'peak-to-average': 'peakToAverage',
  'read-share': 'readShare',
  'hit-ratio': 'hitRatio',
  'answer-bytes': 'answerBytes',
  'stored-gb': 'storedGb',
  isolates: 'isolates',
} as const satisfies Record<string, keyof Workload>

/**
 * The first team's designs, then the same with Spillway's edge in front: what the instances are worth, and the cache.
 */
const designs: readonly FunctionsDesign[] = [
  { gateway: 'rest', edge: false },
  { gateway: 'http', edge: false },
  { gateway: 'rest', edge: true },
  { gateway: 'http', edge: true },
  { gateway: 'url', edge: true },
]

const shares: readonly string[] = ['read-share', 'hit-ratio']

function readWorkload(): Workload {
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]))
  const { values } = parseArgs({ options })
  const given = Object.entries(values).map(([flag, text]) => {
    const value = Number(text)
    if (!(value >= 0) || (shares.includes(flag) && value > 1)) {
      throw new RangeError(
        `--${flag} must be ${shares.includes(flag) ? 'a share from 0 to 1' : 'a number'}, not ${text}`,
      )
    }
    // The cast is safe: `parseArgs` accepts only these flags.
    return [flags[flag as keyof typeof flags], value]
  })
  const workload = { ...defaultWorkload, ...Object.fromEntries(given) }
  if (trafficOf(workload).requestsPerMonth <= 0)
    throw new RangeError('without requests there is nothing to price')
  return workload
}

const dollars = (value: number): string =>
  `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`

function print({ design, items, dollars: total, perMillion }: Bill): void {
  console.log(`\n${design}`)
  for (const item of items) {
    console.log(`  ${item.name.padEnd(30)} ${dollars(item.dollars).padStart(13)}   ${item.because}`)
  }
  console.log(
    `  ${'a month'.padEnd(30)} ${dollars(total).padStart(13)}   ${dollars(perMillion)} per million requests`,
  )
}

const workload = readWorkload()
const traffic = trafficOf(workload)
console.log(`${priceSource.kind}: ${priceSource.region}, ${priceSource.date} (src/cost/prices.ts)`)
console.log('\nAssumptions')
for (const [flag, name] of Object.entries(flags)) {
  console.log(`  --${flag.padEnd(26)} ${String(workload[name]).padStart(10)}`)
}
for (const [name, value] of Object.entries(service)) {
  console.log(`  ${name.padEnd(28)} ${String(value).padStart(10)}`)
}
console.log(
  `  ${Math.round(traffic.peakPerSecond).toLocaleString('en-US')} requests/s at the peak, ` +
    `${Math.round(traffic.originPeakPerSecond).toLocaleString('en-US')} of them past the cache`,
)

const { production } = stages
const ours = spillwayCost(workload, production)
const others = designs.map((design) => functionsCost(workload, design))
for (const each of [ours, ...others]) print(each)
console.log('\nTimes the cost of Spillway')
for (const other of others) {
  console.log(`  ${(other.dollars / ours.dollars).toFixed(1).padStart(5)}  ${other.design}`)
}

console.log('\nThe database of production')
for (const line of databaseSizeText(databaseSize(workload, production))) console.log(`  ${line}`)
console.log('\nBudgets of production')
console.log(`  ${dollars(production.budgetDollars)} of AWS a month: the stack has an alarm`)
console.log(
  `  ${dollars(production.edgeBudgetDollars)} of Cloudflare a month: bootstrap has Cloudflare notify at ${count(requestsOfBudget(production.edgeBudgetDollars))} Workers requests`,
)
