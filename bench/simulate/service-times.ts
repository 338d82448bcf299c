import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { lognormal, mixture } from './distribution.ts'
import type { ProcessModel } from './process/process.ts'

const Operation = Type.Object({
  workCpuUs: Type.Number({ description: 'CPU of the origin from admission to the call of the database.' }),
  answerCpuUs: Type.Number({ description: 'CPU of the origin from there to the last byte.' }),
  databaseCpuUs: Type.Number({ description: 'CPU of the database.' }),
})

/** What one request costs, as the benches measure it. Everything that the simulation knows of the origin. */
const ServiceTimes = Type.Object({
  source: Type.String(),
  date: Type.String(),
  receiveCpuUs: Type.Number({ description: 'CPU to read and decide on a request: what a shed one costs.' }),
  read: Operation,
  write: Operation,
  cpuVariation: Type.Number({ description: 'Standard deviation of CPU times over their mean.' }),
  databaseMs: Type.Object({
    read: Type.Number({ description: 'Mean round trip to an idle database.' }),
    write: Type.Number({ description: 'The same, acknowledged by a majority.' }),
    variation: Type.Number(),
  }),
  inflightMax: Type.Number({ description: 'What the adaptive limit of one process settles at.' }),
  queue: Type.Object({
    lengthMax: Type.Number(),
    calmWaitMs: Type.Number(),
    overloadedWaitMs: Type.Number(),
  }),
  deadlineMs: Type.Number(),
})
export type ServiceTimes = Static<typeof ServiceTimes>

const defaultFile = new URL('service-times.json', import.meta.url)

/** @throws Error that names the first place that does not fit */
export function readServiceTimes(file: string | URL = defaultFile): ServiceTimes {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (Value.Check(ServiceTimes, value)) return value
  const [first] = Value.Errors(ServiceTimes, value)
  throw new Error(`${file}: ${first?.instancePath ?? '/'} ${first?.message ?? ''}`)
}

/** How the database is doing, as the origin feels it. */
export interface DatabaseState {
  /** Round trip over that of an idle database. */
  readonly slowdown: number
}

/** The model of one process whose requests are writes in this share. */
export function processModel(
  times: ServiceTimes,
  writeShare: number,
  { slowdown }: DatabaseState = { slowdown: 1 },
): ProcessModel {
  const { receiveCpuUs, read, write, cpuVariation, databaseMs, inflightMax, queue, deadlineMs } = times
  const mixed = (reads: number, writes: number, variation: number) =>
    mixture([
      { share: writeShare, sample: lognormal(writes, variation) },
      { share: 1 - writeShare, sample: lognormal(reads, variation) },
    ])
  return {
    receiveMs: lognormal(receiveCpuUs / 1_000, cpuVariation),
    workMs: mixed(read.workCpuUs / 1_000, write.workCpuUs / 1_000, cpuVariation),
    answerMs: mixed(read.answerCpuUs / 1_000, write.answerCpuUs / 1_000, cpuVariation),
    databaseMs: mixed(databaseMs.read * slowdown, databaseMs.write * slowdown, databaseMs.variation),
    inflightMax,
    queue,
    deadlineMs,
  }
}

/** Requests a second that keep one process busy all the time. */
export function capacityPerSecond({ receiveCpuUs, read, write }: ServiceTimes, writeShare: number): number {
  const reads = (read.workCpuUs + read.answerCpuUs) * (1 - writeShare)
  const writes = (write.workCpuUs + write.answerCpuUs) * writeShare
  return 1_000_000 / (receiveCpuUs + reads + writes)
}
