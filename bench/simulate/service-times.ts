import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { lognormal } from './distribution.ts'
import { DelayLimit, joined, type LaneLimits, usualListTimeoutMs } from './origin-policy.ts'
import type { Kind, ProcessModel } from './process/model.ts'

const KindTimes = Type.Object({
  share: Type.Number({ description: 'Of the requests that reach the origin.' }),
  workCpuUs: Type.Number({
    description:
      'CPU of the origin from admission to the call of the database, the check of the assertion included.',
  }),
  answerCpuUs: Type.Number({ description: 'CPU of the origin from there to the last byte.' }),
  databaseCpuUs: Type.Number({ description: 'CPU of the database.' }),
  databaseMs: Type.Number({ description: 'Mean round trip of a command to an idle database.' }),
})

/** Cost of one request, as the benches measure it: all that the simulation knows of the origin's speed. */
const ServiceTimes = Type.Object({
  source: Type.String(),
  date: Type.String(),
  receiveCpuUs: Type.Number({ description: 'CPU to read and decide on a request: what a shed one costs.' }),
  kinds: Type.Object({ find: KindTimes, list: KindTimes, write: KindTimes }),
  cpuVariation: Type.Number({ description: 'Standard deviation of CPU times over their mean.' }),
  databaseVariation: Type.Number({ description: 'The same of round trips.' }),
  collections: Type.Number({
    description: 'Resources that requests are spread over: each has lanes of its own.',
  }),
  deadlineMs: Type.Number({ description: 'What a user waits.' }),
  networkMs: Type.Number({ description: 'Round trip from client over edge and balancer to the origin.' }),
})
export type ServiceTimes = Static<typeof ServiceTimes>
export type KindName = keyof ServiceTimes['kinds']

const kindNames: readonly KindName[] = ['find', 'list', 'write']

const defaultFile = new URL('service-times.json', import.meta.url)

/** @throws Error that names the first place that does not fit */
export function readServiceTimes(file: string | URL = defaultFile): ServiceTimes {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (Value.Check(ServiceTimes, value)) return value
  const [first] = Value.Errors(ServiceTimes, value)
  throw new Error(`${file}: ${first?.instancePath ?? '/'} ${first?.message ?? ''}`)
}

/** State of the database, as the origin sees it. */
export interface DatabaseState {
  /** Round trip, divided by that of an idle database. */
  readonly slowdown: number
  /** Whether there is a primary. Without one, every call waits until its caller gives up. */
  readonly hasPrimary: boolean
}

export const healthyDatabase: DatabaseState = { slowdown: 1, hasPrimary: true }

export function processModel(
  times: ServiceTimes,
  poolSize: number,
  { slowdown, hasPrimary }: DatabaseState = healthyDatabase,
): ProcessModel {
  const { receiveCpuUs, kinds, cpuVariation, databaseVariation, collections, deadlineMs, networkMs } = times
  const cpu = (us: number) => lognormal(us / 1_000, cpuVariation)
  const { finds, lists, writes } = joined(poolSize)
  const lanes: Readonly<Record<KindName, LaneLimits>> = { find: finds, list: lists, write: writes }
  return {
    receiveMs: cpu(receiveCpuUs),
    kinds: kindNames.map((name): Kind => {
      const { share, workCpuUs, answerCpuUs, databaseMs } = kinds[name]
      const lane = lanes[name]
      return {
        share,
        workMs: cpu(workCpuUs),
        answerMs: cpu(answerCpuUs),
        lane: { ...lane, inflightMax: lane.inflightMax * collections },
        databaseMs: hasPrimary ? lognormal(databaseMs * slowdown, databaseVariation) : undefined,
        ...(name === 'list' && { timeoutMs: usualListTimeoutMs }),
      }
    }),
    limit: () => limitAfterRest(meanOf(times, loneServiceMs)),
    poolSize,
    deadlineMs: deadlineMs - networkMs,
  }
}

/** Time that a lone request takes in service, ms. */
const loneServiceMs = ({ workCpuUs, answerCpuUs, databaseMs }: ServiceTimes['kinds'][KindName]): number =>
  databaseMs + (workCpuUs + answerCpuUs) / 1_000

/** More than a window of the limit needs. */
const restSamples = 20

/** The limit of a process that was at rest before: it knows how long a lone request takes. */
function limitAfterRest(noLoadMs: number): DelayLimit {
  const limit = new DelayLimit()
  for (let sample = 0; sample < restSamples; sample += 1) {
    limit.onSample({ serviceMs: noLoadMs, inflight: 1, isDropped: false, now: -1_000 })
  }
  return limit
}

/** The same times, multiplied by a factor for origin and database. */
export const heavier = (times: ServiceTimes, factor: number): ServiceTimes =>
  eachKind(withDatabaseWeight(times, factor), (kind) => ({
    ...kind,
    workCpuUs: kind.workCpuUs * factor,
    answerCpuUs: kind.answerCpuUs * factor,
  }))

/** The same times, with the database's CPU multiplied by a factor. */
export const withDatabaseWeight = (times: ServiceTimes, factor: number): ServiceTimes =>
  eachKind(times, (kind) => ({ ...kind, databaseCpuUs: kind.databaseCpuUs * factor }))

type KindTimes = ServiceTimes['kinds'][KindName]

function eachKind(times: ServiceTimes, change: (kind: KindTimes) => KindTimes): ServiceTimes {
  const { find, list, write } = times.kinds
  return { ...times, kinds: { find: change(find), list: change(list), write: change(write) } }
}

/** Mean of a figure over all requests. */
export const meanOf = (
  { kinds }: ServiceTimes,
  pick: (kind: ServiceTimes['kinds'][KindName]) => number,
): number => kindNames.reduce((sum, name) => sum + kinds[name].share * pick(kinds[name]), 0)

/** Requests a second that keep one process's event loop busy all the time. */
export const capacityPerSecond = (times: ServiceTimes): number =>
  1_000_000 / (times.receiveCpuUs + meanOf(times, ({ workCpuUs, answerCpuUs }) => workCpuUs + answerCpuUs))
