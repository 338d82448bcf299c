/**
 * Program: `npm run test:marketplace` starts the whole stack with the marketplace, proves each need, and prints a line for
 * each. Exits 1 where a proof fails or fewer needs are covered than there must be.
 */
import { parseArgs } from 'node:util'
import { coveredMin, describeNeed, type Need, type Verdict } from './need.ts'
import { needs } from './needs/index.ts'
import { startWorld, type World } from './world.ts'

parseArgs({ options: {} })
const failures: string[] = []

async function verdictOf({ number, prove }: Need, world: World): Promise<Verdict> {
  if (typeof prove === 'string') return prove
  try {
    await prove(world)
    return 'covered'
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    failures.push(`${number}: ${(error as Error).stack}`)
    return 'FAILED'
  }
}

console.error('Starting the stack …')
await using world = await startWorld()
let covered = 0
for (const need of needs) {
  const verdict = await verdictOf(need, world)
  if (verdict === 'covered') covered += 1
  console.log(describeNeed(need, verdict))
}
console.log(`covered: ${covered} of ${needs.length} (>= ${coveredMin})`)
for (const failure of failures) console.error(`\n${failure}`)
if (failures.length > 0) console.error(`\n${await world.logs()}`)
if (failures.length > 0 || covered < coveredMin) process.exitCode = 1
