import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { type Priority, priorities } from '@spillway/origin/contract'
import { application } from '../../origin/test/fixture/application.ts'
import type { ResourceName } from '../faults/exchange.ts'
import { type Plant, plants } from '../faults/plant.ts'
import { type Running, untilEnded } from '../faults/until-ended.ts'
import { table } from '../measure/table.ts'
import { prevailing } from './diagnoses.ts'
import { startField } from './field.ts'
import { type IncidentName, incidentNames, incidents } from './incidents.ts'
import { type Performance, perform } from './perform.ts'
import { lostWrites, measure, namedAfterSeconds, unserved, untrueAnswers } from './score.ts'

/**
 * Program: `npm run gameday` performs the incidents that runbooks are for on a real stack of this machine: time to
 * recover, requests that were not served, acknowledged writes that were lost, and the cause that `npm run why` named.
 * Exit code 1 when a bar is missed.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: '20261130' },
    plant: { type: 'string' },
  },
})
const only = incidentNames.find((name) => name === values.only)
const plant = plants.find((name) => name === values.plant)
const isWrong = (given: string | undefined, known: string | undefined) =>
  given !== undefined && known === undefined
if (isWrong(values.only, only) || isWrong(values.plant, plant) || !Number.isInteger(Number(values.seed))) {
  console.error(
    `Usage: npm run gameday -- [--only ${incidentNames.join('|')}] [--seed N] [--plant ${plants.join('|')}]`,
  )
  process.exit(2)
}

await untilEnded(async (running) => {
  const performances = await playAll(running, only, plant)
  report(performances)
  reportBars(measure(performances))
})

async function playAll(
  { progress, signal, closing }: Running,
  name: IncidentName | undefined,
  planted: Plant | undefined,
) {
  const field = await startField(progress)
  closing.defer(() => field.stop())
  const performances: Performance[] = []
  for (const [index, incident] of incidents.entries()) {
    if (name !== undefined && incident.name !== name) continue
    progress(`${incident.name}: ${incident.says}`)
    const options = { number: index + 1, seed: Number(values.seed), plant: planted, signal }
    performances.push(await perform(field, incident, options))
  }
  return performances
}

function report(performances: readonly Performance[]): void {
  const rows = performances.map((each) => {
    const counts = unserved(each.exchanges, priorityOf)
    const named = namedAfterSeconds(each)
    return [
      each.incident.name,
      each.rtoMs === undefined ? 'never' : (each.rtoMs / 1_000).toFixed(1),
      String(each.exchanges.length),
      ...priorities.flatMap((priority) => {
        const { refused, failed } = counts.get(priority) ?? { refused: 0, failed: 0 }
        return [`${refused}/${failed}`]
      }),
      String(lostWrites(each)),
      prevailing(each.diagnoses),
      named === undefined ? '–' : named.toFixed(1),
    ]
  })
  const unservedOf = priorities.map((priority) => `${priority} refused/failed`)
  console.log(
    `\n${table(['incident', 'RTO s', 'requests', ...unservedOf, 'lost', 'why says', 'after s'], rows)}\n`,
  )
  for (const each of performances) {
    for (const { kind, what } of untrueAnswers(each).slice(0, 3)) {
      console.log(`${each.incident.name}: ${kind}: ${what}`)
    }
  }
}

function priorityOf(resource: ResourceName): Priority {
  const found = application.resources.get(resource)
  if (found === undefined) throw new Error(`the fixture has no resource ${resource}`)
  return found.priority
}
