/** Program: `npm run bench -- peers` measures the CPU time of a request on Spillway's whole stack and on others. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import { drive } from '../load/drive.ts'
import type { ClosedJob, LoadReport } from '../load/report.ts'
import { interleave } from '../measure/rounds.ts'
import { runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, pairedRatio, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import {
  freshMs,
  mix,
  ours,
  type PeerToStart,
  poolSize,
  seed,
  startSubjects,
  users,
} from './start-subjects.ts'
import type { Subject } from './start-whole-path.ts'

const caseName = 'mixed 90/10'
/** Number of simultaneous users: only simultaneous writes can be joined by group commit. */
const connections = 256

/** A Worker and a server that do only what is unavoidable: look-ups, and joined commands. */
const floor = 'least Worker and server'

const peers: readonly PeerToStart[] = [
  { name: 'Fastify + driver' },
  { name: 'hono + driver' },
  { name: 'Express + mongoose' },
  { name: 'Feathers', onDemand: 'feathers' },
  { name: 'Parse Server', onDemand: 'parse' },
  { name: 'least server', subject: floor, gateway: 'through' },
]

interface Sample {
  readonly edge: number
  readonly server: number
  readonly database: number
  readonly together: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly limitedBy?: string
}

const units = {
  edge: { unit: 'CPU µs/request', better: 'lower' },
  server: { unit: 'CPU µs/request', better: 'lower' },
  database: { unit: 'CPU µs/request', better: 'lower' },
  together: { unit: 'CPU µs/request', better: 'lower' },
  requestsPerSecond: { unit: 'requests/s', better: 'higher' },
  p50: { unit: 'ms', better: 'lower' },
  p99: { unit: 'ms', better: 'lower' },
} as const
type MetricName = keyof typeof units
// The cast is safe: the object has no other keys.
const metricNames = Object.keys(units) as readonly MetricName[]

/** Maximum share of refusals and failures; above it the figures are invalid. */
const badShareMax = 0.01

function sampleOf({ total, windowMs, cpuMs, driver }: LoadReport, name: string): Sample {
  const bad = total.failed + total.shed
  if (total.ok === 0 || bad > total.asked * badShareMax) {
    const failures = JSON.stringify({ ...total.failures, shed: total.shed })
    throw new Error(
      `${name}: ${bad} of ${total.asked} requests were not answered as they should: ${failures}`,
    )
  }
  const perRequest = (of: string) => ((cpuMs[of] ?? 0) * 1000) / total.ok
  const ofTarget = (value: number) => (driver.limitedBy === undefined ? value : Number.NaN)
  const [edge, server, database] = [perRequest('edge'), perRequest('server'), perRequest('database')]
  return {
    ...{ edge, server, database, together: edge + server + database },
    requestsPerSecond: ofTarget((total.ok / windowMs) * 1000),
    p50: ofTarget(total.latency.p50),
    p99: ofTarget(total.latency.p99),
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}

await runBench(
  {
    bench: 'peers',
    packages: ['fastify', 'hono', '@hono/node-server', 'express', 'mongoose', 'mongodb', 'workerd'],
  },
  async (run) => {
    // Five rounds gave ratios of 2.8 to 3.3. A round takes over a minute, since answers stay fresh for half of one.
    const rounds = run.quick ? 1 : 4
    const times = run.quick
      ? { warmupMs: 1_000, windowMs: 2_500, cachedWindowMs: 5_000 }
      : { warmupMs: 1_500, windowMs: 5_000, cachedWindowMs: freshMs }
    const { subjects, credentials, ids, databasePid, leftOut } = await startSubjects(run, peers)
    const ask = (
      subject: Subject,
      round: number,
      windows: Pick<ClosedJob, 'warmupMs' | 'windowMs'>,
    ): Promise<LoadReport> =>
      drive({
        kind: 'closed',
        target: subject.url,
        ids,
        seed: seed + round,
        connections,
        mix,
        credentials,
        watched: { ...subject.pids, database: [databasePid] },
        ...windows,
      })
    const measure = async (subject: Subject, round: number): Promise<Sample> => {
      const { warmupMs, windowMs, cachedWindowMs } = times
      const isCached = subject.name === ours
      const report = await ask(subject, round, { warmupMs, windowMs: isCached ? cachedWindowMs : windowMs })
      await sleep(300)
      return sampleOf(report, subject.name)
    }
    run.progress('warming up')
    // Warms up each subject: in service, hot paths are compiled and the cache has the popular answers.
    for (const subject of subjects)
      await ask(subject, -1, { warmupMs: 0, windowMs: run.quick ? 5_000 : 6_000 })
    run.progress(caseName)
    const found = await interleave(subjects, rounds, measure)
    const samples = new Map([...found].map(([{ name }, list]) => [name, list]))
    const of = (name: string, metric: MetricName) => (samples.get(name) ?? []).map((sample) => sample[metric])

    const rows = [...samples].map(([name, list]) => [
      name,
      ...metricNames.map((metric) => figure(median(of(name, metric)))),
      list.length > 1 ? `±${spreadPercent(summarize(of(name, 'together'))).toFixed(0)} %` : '',
    ])
    console.log(`\n${table([caseName, ...metricNames, 'spread'], rows)}`)
    console.log(
      `\nedge, server, database, together: CPU µs a request. Medians; spread: half the range of "together".`,
    )
    for (const reason of leftOut) console.log(`left out: ${reason}`)

    const others = [...samples.keys()].filter((name) => name !== ours && name !== floor)
    const best = others.toSorted((a, b) => median(of(a, 'together')) - median(of(b, 'together')))[0] ?? ours
    const timesFewer = (name: string) => pairedRatio(of(best, 'together'), of(name, 'together'))
    const measured: Measured[] = [{ bar: bars.peersCpu, value: timesFewer(ours), floor: timesFewer(floor) }]
    return {
      settings: {
        rounds,
        ...times,
        connections,
        users,
        poolSize,
        documents: new Set(ids).size,
        mix: Object.entries(mix).join(' '),
        best,
        seed,
      },
      rows: [...samples].map(([subject, list]) => sampledRow({ case: caseName, subject }, units, list)),
      bars: measured,
    }
  },
)
