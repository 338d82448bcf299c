/**
 * CPU time of a request: the origin and two peers on one machine, with the same documents in the same `mongod`, driven
 * in turn. Requests to the origin carry the edge's assertion and pass all its checks; the peers check nothing.
 */
import type { Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import { steady } from '../load/arrivals.ts'
import { drive } from '../load/drive.ts'
import type { Mix } from '../load/workload.ts'
import { interleave } from '../measure/rounds.ts'
import { runBench } from '../measure/run.ts'
import { pairedRatio } from '../measure/statistics.ts'
import type { PeerName } from '../peers/start-peer.ts'
import { printRows, rowOf, type Sample, sampleOf } from './cpu-per-request.ts'
import { nineReads } from './nine-reads.ts'
import { bringToRest, keepAsLoaded, putBack } from './same-documents.ts'
import { type Stage, type Subject, setStage, spillway } from './stage.ts'

interface Case {
  readonly name: string
  readonly connections: number
  readonly mix: Mix
  /** Whether no peer has a counterpart. @default false */
  readonly isOurs?: boolean
  /** Another load of the origin, in turn with the first: its ratio to that one needs the same rounds. */
  readonly beside?: { readonly name: string; readonly mix: Mix }
  /**
   * Requests/s for each process, at random times: the origin of several processes takes part. @default a closed loop,
   * of one process
   */
  readonly perProcessPerSecond?: number
}

const processes = 2

/** Floors: what joined commands ask for; the same for changes that need no document; and what the contract asks for. */
const floor: PeerName = 'least server'
const required: PeerName = 'required server'
const floorKnown: PeerName = 'least server, document known'

/** A subject with a load that may differ from that of its case. */
interface Loaded extends Subject {
  readonly mix?: Mix
}

const cases = {
  read: { name: 'read by id', connections: 64, mix: { read: 1 } },
  lone: { name: 'read by id, 1 connection', connections: 1, mix: { read: 1 } },
  list: { name: 'list page', connections: 64, mix: { list: 1 } },
  create: { name: 'create', connections: 64, mix: { create: 1 } },
  update: { name: 'conditional update', connections: 64, mix: { update: 1 } },
  act: {
    name: 'action on one document',
    ...{ connections: 64, mix: { act: 1 }, isOurs: true },
    beside: { name: `${spillway}, PATCH`, mix: { update: 1 } },
  },
  mixed: { name: 'mixed 90/10', connections: 64, mix: nineReads },
  // In a closed loop, two processes share the processors that one had for itself: each finds fewer requests in a turn
  // of its event loop, which costs more for each, as a lower load does to a single process.
  perProcess: {
    name: 'mixed 90/10, 800 requests/s a process',
    ...{ connections: 64, perProcessPerSecond: 800, mix: nineReads, isOurs: true },
  },
} as const satisfies Record<string, Case>

const writes = ({ act, create, update }: Mix): boolean =>
  act !== undefined || create !== undefined || update !== undefined

/** Subjects of a case. Only changes show what a known document saves. */
function subjectsOf(
  { beside, isOurs = false, mix, perProcessPerSecond }: Case,
  stage: Stage,
): readonly Loaded[] {
  if (beside !== undefined) return [stage.spillway, { ...stage.spillway, ...beside }]
  if (isOurs) return [stage.spillway, ...(perProcessPerSecond === undefined ? [] : severalOf(stage))]
  return [
    stage.spillway,
    ...stage.peers.filter(({ name }) => name !== floorKnown || mix.update !== undefined),
  ]
}

const severalOf = ({ several }: Stage): readonly Subject[] => (several === undefined ? [] : [several])

const plain: PeerName = 'Fastify + driver'
const poolSize = 16
const seed = 20_261_124

await runBench(
  { bench: 'origin', packages: ['fastify', 'mongodb', 'express', 'mongoose', 'autocannon'] },
  async (run) => {
    // The median ratio of reads was 5.3 in ten rounds, 4.9 in the first five, 5.8 in the last five: noise lasts for
    // minutes, so that more rounds in a row say little more.
    const rounds = run.quick ? 2 : 5
    const warm = { warmupMs: 0, windowMs: run.quick ? 2_700 : 4_000 }
    const times = run.quick ? { warmupMs: 300, windowMs: 1_000 } : { warmupMs: 500, windowMs: 2_000 }
    const others: readonly PeerName[] = run.quick ? [] : ['Express + mongoose']
    const peers = [plain, ...others, required, floor, floorKnown]
    const stage = await setStage(run, { peers, poolSize, processes })
    const subjects = [stage.spillway, ...severalOf(stage), ...stage.peers]
    for (const { databaseName } of subjects) await keepAsLoaded(stage.database.uri, databaseName)

    /** Every subject gets the same documents and an idle database. */
    const measure = async (
      subject: Loaded,
      { name, connections, mix: usual, perProcessPerSecond }: Case,
      round: number,
      { warmupMs, windowMs } = times,
    ): Promise<Sample> => {
      const { mix = usual } = subject
      await bringToRest(stage.database)
      const { credentials } = subject
      const job = {
        target: subject.url,
        ids: stage.ids,
        seed: seed + round,
        watched: { server: subject.pids, database: [stage.database.pid] },
        warmupMs,
      }
      const perSecond = (perProcessPerSecond ?? 0) * (subject === stage.several ? processes : 1)
      const report = await drive(
        perProcessPerSecond === undefined
          ? { kind: 'closed', ...job, connections, mix, credentials, windowMs }
          : {
              kind: 'open',
              ...job,
              streams: [{ name, curve: steady(perSecond, windowMs), spacing: 'poisson', mix, credentials }],
              connectionsMin: connections,
              connectionsMax: connections,
              timeoutMs: 5_000,
              usefulMs: 1_000,
            },
      )
      if (writes(mix)) await putBack(stage.database.uri, subject.databaseName)
      return sampleOf(report, `${subject.name}, ${name}`)
    }

    const samples: Record<string, ReadonlyMap<string, readonly Sample[]>> = {}
    for (const [key, each] of Object.entries(cases)) {
      run.progress(each.name)
      // Warms each subject up with its own load: in service, hot paths have been compiled for days.
      const able = subjectsOf(each, stage)
      for (const subject of able) await measure(subject, each, -1, warm)
      const found = await interleave(able, rounds, (subject, round) => measure(subject, each, round))
      samples[key] = new Map([...found].map(([{ name }, list]) => [name, list]))
    }

    for (const [key, each] of Object.entries(cases)) {
      console.log(`\n${printRows(each.name, samples[key] ?? new Map())}`)
    }
    console.log(
      '\nserver, mongod, together: CPU µs a request. Medians; spread: half the range of "together".',
    )

    const of = (key: keyof typeof cases, subject: string, metric: 'together' | 'p50') =>
      (samples[key]?.get(subject) ?? []).map((sample) => sample[metric])
    const timesFewer = (key: keyof typeof cases, subject: string = spillway) =>
      pairedRatio(of(key, plain, 'together'), of(key, subject, 'together'))
    const loneP50 = (subject: string) => pairedRatio(of('lone', subject, 'p50'), of('lone', plain, 'p50'))
    const severalName = `${spillway}, ${processes} processes`
    const measured: Measured[] = [
      { bar: bars.originRead, value: timesFewer('read'), floor: timesFewer('read', floor) },
      { bar: bars.originLoneRead, value: loneP50(spillway), floor: loneP50(floor) },
      { bar: bars.originCreate, value: timesFewer('create'), floor: timesFewer('create', floor) },
      { bar: bars.originUpdate, value: timesFewer('update'), floor: timesFewer('update', floor) },
      { bar: bars.originList, value: timesFewer('list'), floor: timesFewer('list', floor) },
      { bar: bars.originMixed, value: timesFewer('mixed'), floor: timesFewer('mixed', floor) },
      {
        bar: bars.originProcesses,
        value: pairedRatio(of('perProcess', severalName, 'together'), of('perProcess', spillway, 'together')),
      },
      {
        bar: bars.originAction,
        value: pairedRatio(of('act', spillway, 'together'), of('act', cases.act.beside.name, 'together')),
      },
    ]
    const barsOfCases = [
      ['read', bars.originRead],
      ['create', bars.originCreate],
      ['update', bars.originUpdate],
      ['list', bars.originList],
      ['mixed', bars.originMixed],
    ] as const
    const printFloors = (subject: string, keys: readonly (typeof barsOfCases)[number][]) => {
      for (const [key, bar] of keys) console.log(`  ${bar.name}: ${timesFewer(key, subject).toFixed(2)}`)
    }
    console.log('Floors where each document that was seen is known:')
    printFloors(
      floorKnown,
      barsOfCases.filter(([key]) => key === 'update' || key === 'mixed'),
    )
    console.log(
      'Floors of a server that also does what the contract asks for (npm run bench -- origin-steps):',
    )
    printFloors(required, barsOfCases)
    console.log(`  ${bars.originLoneRead.name}: ${loneP50(required).toFixed(2)}`)
    return {
      settings: { rounds, ...times, poolSize, processes, documents: stage.ids.length, seed },
      rows: Object.entries(cases).flatMap(([key, { name }]) =>
        [...(samples[key] ?? [])].map(([subject, list]) => rowOf(name, subject, list)),
      ),
      bars: measured,
    }
  },
)
