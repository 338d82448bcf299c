import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { table } from '../measure/table.ts'
import { type Plant, plants } from './plant.ts'
import { measure, reportViolations } from './report.ts'
import { runTrial, type Trial } from './trial.ts'
import { untilEnded } from './until-ended.ts'
import { startWorld } from './world.ts'

/**
 * Program: `npm run test:faults` runs the whole system under seeded faults and compares every answer with the database's
 * oplog. Exit code 1 when anything was wrong.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    plant: { type: 'string' },
    application: { type: 'string' },
  },
})
if (values.application !== undefined) {
  console.error(
    'test:faults takes no --application: its checks know each write by a text of its own in a fixed field of places, trips and advisories',
  )
  process.exit(2)
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed)
const seconds = values.minutes === undefined ? Number(values.seconds ?? 60) : 60 * Number(values.minutes)
const plant = plants.find((each) => each === values.plant)
if (!Number.isInteger(seed) || !(seconds > 0) || (values.plant !== undefined && plant === undefined)) {
  console.error(
    `Usage: npm run test:faults -- [--seed N] [--minutes N | --seconds N] [--plant ${plants.join('|')}]`,
  )
  process.exit(2)
}

await untilEnded(async ({ progress, signal, closing }) => {
  progress(`seed ${seed}`)
  const world = await startWorld({ progress })
  closing.defer(() => world.stop())
  progress(`clients and faults for ${seconds} s`)
  const trial = await runTrial(world, { seed, seconds, number: 1, plant, signal, progress })
  reportViolations(trial, replayOf(plant))
  reportTrial(trial)
  reportBars(measure(trial, seconds))
})

function replayOf(planted: Plant | undefined): string {
  const more = planted === undefined ? '' : ` --plant ${planted}`
  return `npm run test:faults -- --seed ${seed} --seconds ${seconds}${more}`
}

function reportTrial({ faults, recoveries, drains, exchanges, skippedFaults, leftInWork }: Trial): void {
  const rows = [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, befallen]) => {
    const ms = recoveries.filter(({ fault }) => fault.kind === kind).map((recovery) => recovery.ms)
    return [
      kind,
      String(befallen.length),
      String(ms.length),
      ms.length === 0 ? '–' : Math.max(...ms).toFixed(0),
    ]
  })
  console.log(`\n${table(['fault', 'times', 'alone', 'slowest recovery ms'], rows)}`)
  const answers = Map.groupBy(exchanges, ({ answer }) =>
    answer === undefined ? 'no answer' : `${answer.status} ${answer.code ?? ''}`,
  )
  console.log(
    `\n${table(
      ['answer', 'times'],
      [...answers].map(([name, all]) => [name, String(all.length)]),
    )}`,
  )
  console.log(`\n${skippedFaults} faults found nothing to befall; ${leftInWork} left in work on idle origins`)
  for (const { origin, ms, code, tail } of drains) {
    if (code !== 0)
      console.log(`SIGTERM of origin ${origin} ended with code ${code} after ${ms.toFixed(0)} ms:\n${tail}`)
  }
}
