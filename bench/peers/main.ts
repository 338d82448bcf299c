/** Program: `npm run bench -- peers` measures the CPU time of a request on Spillway's whole stack and on others. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import type { Measured } from '@spillway/infra/local/bar'
import { application } from '@spillway/origin/application'
import { tools } from '@spillway/origin/application/tools'
import { startMongod } from '@spillway/origin/dev/mongod'
import { seed as seedPlaces } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { drive } from '../load/drive.ts'
import { seededRandom } from '../load/random.ts'
import type { ClosedJob, LoadReport } from '../load/report.ts'
import type { Mix } from '../load/workload.ts'
import { interleave } from '../measure/rounds.ts'
import { type Run, runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, pairedRatio, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { placeIds } from '../origin/place-ids.ts'
import { scenarioOf } from '../scenarios/catalogue.ts'
import { loadOf } from '../scenarios/load-of.ts'
import { chooser } from '../scenarios/popularity.ts'
import { type Scenario, scaledBy } from '../scenarios/scenario.ts'
import { installOnDemand, type OnDemand, packagesVariable } from './on-demand.ts'
import { peerEnv } from './settings.ts'
import { copyPlaces, type PeerName, startPeer } from './start-peer.ts'
import { type Subject, startWholePath } from './start-whole-path.ts'

/**
 * Nine reads for a write, as users of the sample application do it (bench/scenarios, where half as many requests are
 * writes): they read places by id and by country, and plan trips. `bench -- origin` measures writes to the catalogue
 * that is being read.
 */
const mix: Mix = { read: 60, list: 30, plan: 10 }
const caseName = 'mixed 90/10'
/**
 * Share of the story's hundred thousand requests/s that this many processors can answer at best. The number of
 * documents is reduced by the same factor, so that each is read as often as in the story.
 */
const scale = 1 / 40
/**
 * Subjects with a cache are measured for the time that answers stay fresh, so that each is refreshed as often as in
 * service. A shorter window would contain more refreshes, since all answers go stale while others are measured.
 */
const freshMs = placesFreshSeconds() * 1_000
/** Number of simultaneous users: only simultaneous writes can be joined by group commit. */
const connections = 256
const poolSize = 16
/** Users, each with a token. */
const users = 256
const seed = 20_261_124
const ours = 'Spillway, edge and origin'

const peerNames: readonly { readonly name: PeerName; readonly onDemand?: OnDemand }[] = [
  { name: 'Fastify + driver' },
  { name: 'hono + driver' },
  { name: 'Express + mongoose' },
  { name: 'Feathers', onDemand: 'feathers' },
  { name: 'Parse Server', onDemand: 'parse' },
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
    const { subjects, credentials, ids, databasePid, leftOut } = await startSubjects(run)
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

    const others = [...samples.keys()].filter((name) => name !== ours)
    const best = others.toSorted((a, b) => median(of(a, 'together')) - median(of(b, 'together')))[0] ?? ours
    const measured: Measured[] = [
      { bar: bars.peersCpu, value: pairedRatio(of(best, 'together'), of(ours, 'together')) },
    ]
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

async function startSubjects(run: Run) {
  const { closing, progress } = run
  progress('starting the database, loading the sample data')
  const mongod = await startMongod({ isMeasured: true })
  closing.defer(() => mongod.stop())
  if (mongod.pid === undefined)
    throw new Error('CPU time is read from processes of this machine: unset MONGODB_URI')
  const database = `peers_${randomUUID().slice(0, 8)}`
  await seedPlaces({ databaseUri: mongod.uri, databaseName: database })

  progress('starting Spillway')
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const { url, jwksUri, audience } = issuer
  const whole = { databaseUri: mongod.uri, databaseName: database, poolSize, issuer }
  const subjects: Subject[] = [{ name: ours, ...(await startWholePath(run, whole)) }]
  const leftOut: string[] = []
  for (const { name, onDemand } of peerNames) {
    progress(`starting ${name}`)
    try {
      const packages = onDemand === undefined ? undefined : await installOnDemand(onDemand, progress)
      const copy = `${database}_${subjects.length}`
      await copyPlaces(mongod.uri, database, copy)
      const peer = await startPeer(name, {
        databaseUri: mongod.uri,
        databaseName: copy,
        poolSize,
        env: {
          [peerEnv.issuer]: JSON.stringify({ url, jwksUri, audience }),
          ...(packages !== undefined && { [packagesVariable]: packages }),
        },
      })
      closing.defer(() => peer.stop())
      subjects.push({ name, url: peer.url, pids: { edge: [], server: [peer.pid] } })
    } catch (error) {
      // A peer that is no dependency may be unavailable here, which must not stop the others.
      if (onDemand === undefined) throw error
      // The cast is safe: what it calls throws errors.
      leftOut.push(`${name}: ${(error as Error).message}`)
    }
  }
  const ids = byPopularity(
    await placeIds(mongod.uri, database),
    scaledBy(scenarioOf('spike', loadOf(application, tools)), scale),
  )
  const mint = (user: number) => issuer.mintToken({ sub: `user-${user}` })
  const tokens = await Promise.all(Array.from({ length: users }, (_, user) => mint(user)))
  const sets = tokens.map((token) => ({ authorization: `Bearer ${token}` }))
  const credentials = { kind: 'headers', sets } as const
  return { subjects, credentials, ids, databasePid: mongod.pid, leftOut }
}

function placesFreshSeconds(): number {
  const rule = application.resources.get('places')?.cache
  if (rule === undefined || rule.kind === 'none') throw new Error('places are not cached')
  return rule.maxAgeSeconds
}

/** Repeats each id by its popularity: a workload draws evenly from the list. */
function byPopularity(ids: readonly string[], { popularity, documents }: Scenario): readonly string[] {
  const random = seededRandom(seed)
  const count = Math.min(ids.length, documents)
  const choose = chooser(popularity, count)
  // The cast is safe: the chooser returns an index below `count`.
  return Array.from({ length: count * 50 }, () => ids[choose(random)] as string)
}
