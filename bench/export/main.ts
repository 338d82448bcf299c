import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import type { Measured } from '@spillway/infra/local/bar'
import { MongoClient } from 'mongodb'
import { bars } from '../bars.ts'
import { LiveMemory } from '../measure/live-memory.ts'
import { startMeasuredMongod } from '../measure/measured-mongod.ts'
import { cpuTimeMs, residentMb } from '../measure/process-table.ts'
import { interleave } from '../measure/rounds.ts'
import { type Run, runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { startSampler } from '../measure/sampler.ts'
import { median, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { peerEnv } from '../peers/settings.ts'
import { startPeer } from '../peers/start-peer.ts'
import { type Subject, startWholePath } from '../peers/start-whole-path.ts'
import { fillBookings } from './fill-bookings.ts'
import { beginExport, takeExport } from './take-export.ts'
import { untilDatabaseIsFree, untilPlaceIsFree } from './until-freed.ts'

/**
 * Exports all bookings of the marketplace: through edge and origin, and from plain Fastify with a cursor on the same
 * database. Nothing else runs, so all of the measured CPU time and memory is the export's.
 */
const formats = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const
type Format = keyof typeof formats
const formatNames: readonly Format[] = ['csv', 'ndjson']

const ours = 'Spillway, edge and origin'
const plain = 'Fastify + cursor'
const application = 'bench/marketplace'
const poolSize = 16
const sampleEveryMs = 50
/** Exports in progress when their callers leave. One caller may have two at a time. */
const leavers = 2
const leaveAfterBytes = 1_000_000

const units = {
  rowsPerSecond: { unit: 'rows/s', better: 'higher' },
  firstByteMs: { unit: 'ms', better: 'lower' },
  edge: { unit: 'CPU µs/row', better: 'lower' },
  server: { unit: 'CPU µs/row', better: 'lower' },
  database: { unit: 'CPU µs/row', better: 'lower' },
  together: { unit: 'CPU µs/row', better: 'lower' },
  edgeGrowth: { unit: 'MB', better: 'lower' },
  serverGrowth: { unit: 'MB', better: 'lower' },
} as const
type MetricName = keyof typeof units
type Sample = Readonly<Record<MetricName, number>>

await runBench(
  { bench: 'export', packages: ['fastify', 'mongodb', 'csv-stringify', 'workerd', 'undici'] },
  async (run) => {
    const rows = run.quick ? 100_000 : 1_000_000
    const rounds = run.quick ? 2 : 3
    const departures = run.quick ? 1 : 5
    const { subjects, token, bookings, databasePid, live } = await start(run, rows)
    const [originPid = 0] = subjects.find(({ name }) => name === ours)?.pids.server ?? []
    const liveBefore = await live.readMb(originPid)
    const expected = new Map<Format, number>()

    const measure = async (format: Format, { url, pids }: Subject): Promise<Sample> => {
      const all = [pids.edge, pids.server, [databasePid]] as const
      const cpuOf = () => all.map(cpuTimeMs)
      const samplers = [pids.edge, pids.server].map((some) =>
        startSampler(() => residentMb(some), sampleEveryMs),
      )
      const before = cpuOf()
      const taken = await takeExport({ url, token, accept: formats[format] })
      const spentUs = cpuOf().map((ms, index) => ((ms - (before[index] ?? 0)) * 1_000) / rows)
      for (const sampler of samplers) await sampler.stop()
      check(taken, format, rows, expected)
      const [edge = 0, server = 0, database = 0] = spentUs
      const [edgeGrowth = 0, serverGrowth = 0] = samplers.map(
        ({ max, points }) => max - (points[0]?.[1] ?? 0),
      )
      return {
        rowsPerSecond: rows / taken.seconds,
        firstByteMs: taken.firstByteMs,
        ...{ edge, server, database, together: edge + server + database },
        ...{ edgeGrowth, serverGrowth },
      }
    }

    const samples: Partial<Record<Format, ReadonlyMap<Subject, readonly Sample[]>>> = {}
    for (const format of formatNames) {
      run.progress(`${format}: ${rows.toLocaleString('en-US')} rows, ${rounds} times each`)
      samples[format] = await interleave(subjects, rounds, (subject) => measure(format, subject))
    }

    run.progress('live memory during one export more')
    const { url: oursUrl = '' } = subjects.find(({ name }) => name === ours) ?? {}
    const again = takeExport({ url: oursUrl, token, accept: formats.csv })
    const liveGrowth = (await live.peakMb(originPid, again)) - liveBefore

    run.progress('callers leave in the middle')
    const accept = formats.ndjson
    const freed = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
    const placed: number[] = []
    for (let nth = 0; nth < departures; nth++) {
      for (const { name, url } of subjects) {
        const asked = { url, token, accept }
        const leave = () =>
          Promise.all(Array.from({ length: leavers }, () => beginExport(asked, leaveAfterBytes)))
        for (const depart of await leave()) depart()
        freed.get(name)?.push(await untilDatabaseIsFree(bookings))
        if (name !== ours) continue
        for (const depart of await leave()) depart()
        placed.push(await untilPlaceIsFree(asked))
        await sleep(1_000)
      }
    }

    print(samples, freed, placed)
    console.log(
      `live memory of the origin: ${figure(liveBefore)} MB before the first export, and at most ${figure(liveGrowth)} MB more during the last`,
    )
    const of = (metric: MetricName) =>
      formatNames.flatMap((format) =>
        [...(samples[format] ?? [])].flatMap(([{ name }, list]) =>
          name === ours ? list.map((sample) => sample[metric]) : [],
        ),
      )
    const measured: Measured[] = [
      { bar: bars.exportGrowth, value: Math.max(...of('edgeGrowth')) },
      { bar: bars.exportLiveGrowth, value: liveGrowth },
      { bar: bars.exportFreed, value: Math.max(...placed, ...(freed.get(ours) ?? [])) },
    ]
    return {
      settings: { rows, rounds, departures, leavers, poolSize },
      rows: [
        ...formatNames.flatMap((format) =>
          [...(samples[format] ?? [])].map(([{ name }, list]) =>
            sampledRow({ case: format, subject: name }, units, list),
          ),
        ),
        ...[...freed].map(([subject, list]) => ({
          case: 'callers leave',
          subject,
          metrics: { databaseFreed: { unit: 'ms', better: 'lower' as const, samples: list } },
        })),
        {
          case: 'live memory',
          subject: ours,
          metrics: { liveGrowth: { unit: 'MB', better: 'lower', samples: [liveGrowth] } },
        },
        {
          case: 'callers leave',
          subject: `${ours}, place`,
          metrics: { placeFreed: { unit: 'ms', better: 'lower', samples: placed } },
        },
      ],
      bars: measured,
    }
  },
)

async function start({ quick, closing, progress }: Run, rows: number) {
  progress('starting database, origin, edge and peer')
  const mongod = await startMeasuredMongod({ closing })
  const databaseName = `export_${randomUUID().slice(0, 8)}`
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const live = await LiveMemory.create()
  closing.use(live)
  const whole = { databaseUri: mongod.uri, databaseName, poolSize, issuer, application, originEnv: live.env }
  const subjects: Subject[] = [{ name: ours, ...(await startWholePath({ closing }, whole)) }]
  const { url, jwksUri, audience } = issuer
  const env = { [peerEnv.issuer]: JSON.stringify({ url, jwksUri, audience }) }
  const peer = await startPeer(plain, { databaseUri: mongod.uri, databaseName, poolSize, env })
  closing.defer(() => peer.stop())
  subjects.push({ name: plain, url: peer.url, pids: { edge: [], server: [peer.pid] } })
  progress(`storing ${rows.toLocaleString('en-US')} bookings`)
  await fillBookings(mongod.uri, databaseName, rows)
  const client = new MongoClient(mongod.uri)
  closing.defer(() => client.close())
  const db = client.db(databaseName)
  // Waits, because the database still writes the bookings to disk for a while, which is no part of an export.
  await db.admin().command({ fsync: 1 })
  await sleep(quick ? 500 : 5_000)
  const token = await issuer.mintToken({ sub: 'ada', claims: { roles: ['admin'] } })
  return { subjects, token, bookings: db.collection('bookings'), databasePid: mongod.pid, live }
}

/** @throws Error if a document is missing, or the two subjects send different numbers of bytes */
function check(
  { bytes, lines }: { readonly bytes: number; readonly lines: number },
  format: Format,
  rows: number,
  expected: Map<Format, number>,
): void {
  const wanted = rows + Number(format === 'csv')
  if (lines !== wanted) throw new Error(`${format}: ${lines} lines, not ${wanted}`)
  const others = expected.get(format) ?? bytes
  if (others !== bytes) throw new Error(`${format}: ${bytes} bytes, and ${others} from another`)
  expected.set(format, bytes)
}

function print(
  samples: Partial<Record<Format, ReadonlyMap<Subject, readonly Sample[]>>>,
  freed: ReadonlyMap<string, readonly number[]>,
  placed: readonly number[],
): void {
  // The cast is safe: the object has no other keys.
  const names = Object.keys(units) as readonly MetricName[]
  const lines = formatNames.flatMap((format) =>
    [...(samples[format] ?? [])].map(([{ name }, list]) => [
      `${format}, ${name}`,
      ...names.map((metric) => {
        const values = list.map((sample) => sample[metric])
        return figure(metric.endsWith('Growth') ? Math.max(...values) : median(values))
      }),
      `±${spreadPercent(summarize(list.map(({ together }) => together))).toFixed(0)} %`,
    ]),
  )
  console.log(`\n${table(['export', ...names, 'spread'], lines)}`)
  console.log(
    '\nedge, server, database, together: CPU µs a row. Growth: MB of resident memory, peak over start. Medians; growth: the largest; spread: half the range of "together".\n',
  )
  for (const [name, list] of freed) {
    console.log(`callers leave, ${name}: the database works on for ${figure(Math.max(...list))} ms at most`)
  }
  console.log(`callers leave, ${ours}: their places are free after ${figure(Math.max(...placed))} ms at most`)
}
