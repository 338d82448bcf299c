import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { checkResult, type Result } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { type KindName, readServiceTimes, type ServiceTimes } from './service-times.ts'

/** Names of the kinds of request in `bench -- origin`. */
const cases: Readonly<Record<KindName, string>> = { find: 'read by id', list: 'list page', write: 'create' }

const subject = 'Spillway'

/**
 * Service times with the CPU times that `bench -- origin` measured: the origin's, split over the steps of a request in
 * the same proportion, and the database's. Kinds that were not measured, round trips and shares stay unchanged.
 *
 * @throws Error if the result is not of `bench -- origin`
 */
export function withMeasured(times: ServiceTimes, result: Result): ServiceTimes {
  const { bench, rows, startedAt, machine, versions } = result
  if (bench !== 'origin') throw new Error(`a result of bench -- origin is wanted, not of bench -- ${bench}`)
  const kinds = { ...times.kinds }
  const measured: string[] = []
  // The cast is safe: the object has no other keys.
  for (const name of Object.keys(cases) as KindName[]) {
    const row = rows.find((each) => each.case === cases[name] && each.subject === subject)
    const middle = (metric: string): number =>
      median((row?.metrics[metric]?.samples ?? []).filter((sample) => sample !== null))
    const [server, database] = [middle('server'), middle('database')]
    // Receiving a request costs CPU time before anything else, shed or not.
    if (!(server > times.receiveCpuUs && database >= 0)) continue
    const kind = times.kinds[name]
    const factor = (server - times.receiveCpuUs) / (kind.workCpuUs + kind.answerCpuUs)
    kinds[name] = {
      ...kind,
      workCpuUs: kind.workCpuUs * factor,
      answerCpuUs: kind.answerCpuUs * factor,
      databaseCpuUs: database,
    }
    measured.push(cases[name])
  }
  if (measured.length === 0) return times
  const where = `${startedAt}, ${machine.cores} cores, ${versions.commit ?? 'no commit'}`
  return {
    ...times,
    source: `CPU of ${measured.join(', ')}: bench -- origin (${where}). Its split over a request's steps, round trips and the rest: ${times.source}`,
    date: startedAt.slice(0, 10),
    kinds,
  }
}

/** Service times as far as the published run of `bench -- origin` has measured them. */
export function publishedTimes(): ServiceTimes {
  const times = readServiceTimes()
  const file = join(root, 'bench/results/origin.json')
  return existsSync(file) ? withMeasured(times, checkResult(JSON.parse(readFileSync(file, 'utf8')))) : times
}
