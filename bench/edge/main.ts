import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey } from '@spillway/edge/dev/keys'
import { startWorkerProcess, type WorkerCode, type WorkerProcess } from '@spillway/edge/dev/worker-process'
import type { Bar, Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import type { LoadReport } from '../load/report.ts'
import type { Mix } from '../load/workload.ts'
import { orNull } from '../measure/result.ts'
import { type Run, runBench } from '../measure/run.ts'
import { meanRatio } from '../measure/statistics.ts'
import { bundleWorker } from './bundle-worker.ts'
import { startCachePeers } from './cache-peers.ts'
import { countTurns } from './count-turns.ts'
import { printSamples, rowOf, type Sample, sampleOf } from './cpu-of-edge.ts'
import { ruledWorker, startEdgeProcess } from './edge-process.ts'
import {
  type Answer,
  ask,
  askOnce,
  documents,
  ids,
  refusalOf,
  type Tokens,
  tokens,
  users,
} from './first-requests.ts'
import { startSpanReceiver } from './span-receiver.ts'
import { stubKey, stubKeyId } from './stub-keys.ts'
import { startStubOrigin } from './stub-origin.ts'
import { floors, names, proxied, ratiosOf, type SubjectName } from './subjects.ts'
import { processesMax, processesOf, type Ring, rings, times } from './times.ts'

/**
 * CPU time of a request at the edge: the deployed Worker in workerd, beside a constant Worker (the lower limit) and
 * Workers that others would write. Each has a process of its own and gets its requests directly from the same driver.
 */
interface Subject {
  readonly name: string
  readonly ring: Ring
  readonly url: string
  readonly pids: readonly number[]
  readonly mix: Mix
  readonly credentials: Credentials
  /** Expected kind of answer. */
  readonly answers: 'ok' | 'shed'
  readonly connections: number
}

const connections = 64
/** Fewer where each request goes beyond the isolate, since a new isolate allows only a few open requests. */
const connectionsToOrigin = 16
const seed = 20_261_124

await runBench({ bench: 'edge', packages: ['workerd', 'hono', 'jose', 'undici'] }, async (run) => {
  const turnMs = 100
  const { rounds, warmUpMs, windowMs } = times[run.quick ? 'quick' : 'full']
  const subjects = await startSubjects(run)
  const byName = new Map(subjects.map(({ name }): [string, Sample[]] => [name, []]))
  /** One sample of each subject of a ring. */
  const measure = async (
    ring: readonly Subject[],
    round: number,
    ofEachMs: number,
  ): Promise<readonly [string, Sample][]> => {
    const reports = await drive({
      kind: 'turns',
      loops: ring.map(({ connections, credentials, mix, pids, url }) => ({
        target: url,
        ids,
        seed: seed + round,
        connections,
        mix,
        credentials,
        watched: { server: pids },
      })),
      turnMs,
      // Connections are new each time.
      warmupMs: turnMs,
      windowMs: ofEachMs,
    })
    // The cast is safe: there is one report for each member of the ring.
    return ring.map(({ answers, name }, i) => [name, sampleOf(reports[i] as LoadReport, answers, name)])
  }

  // Measures one ring after the other: an edge without requests for a few seconds forgets that its origin is busy.
  for (const name of rings) {
    const ring = subjects.filter((subject) => subject.ring === name)
    if (ring.length === 0) continue
    run.progress(`${name}: warming up`)
    await measure(ring, -1, warmUpMs[name])
    for (let round = 0; round < rounds; round++) {
      run.progress(`${name}: round ${round + 1} of ${rounds}`)
      const samples = await measure(ring, round, windowMs[name])
      for (const [subject, sample] of samples) byName.get(subject)?.push(sample)
    }
  }

  run.progress('counting turns of the event loop')
  const turns = new Map<string, number>()
  // Not of those that refuse: one request at a time is no flood.
  for (const subject of subjects.filter(({ answers }) => answers === 'ok')) {
    turns.set(subject.name, await countTurns({ ...subject, ids }))
  }

  console.log(`\n${printSamples(byName)}`)
  console.log('\nTurns of the event loop for one request, alone:')
  for (const [name, count] of turns) console.log(`  ${name}: ${count.toFixed(1)}`)
  console.log(
    '\nCPU µs a request of the server process. Medians; spread: half the range. Bars: ratios of means.',
  )
  const cpu = (name: SubjectName) => (byName.get(names[name]) ?? []).map((sample) => sample.cpu)
  const ratio = (one: SubjectName, other: SubjectName) => meanRatio(cpu(one), cpu(other))
  const floorOf = (bar: Bar): Pick<Measured, 'floor'> => {
    const floor = run.quick ? undefined : floors.get(bar)
    return floor === undefined ? {} : { floor: ratio(...floor) }
  }
  const measured: readonly Measured[] = [
    ...ratiosOf(run.quick).map(([bar, subject, base]) => ({
      bar,
      value: ratio(subject, base),
      ...floorOf(bar),
    })),
    ...(run.quick
      ? []
      : [
          {
            bar: bars.edgeAgainstProxy,
            value: Math.max(...proxied.map(([one, other]) => ratio(one, other))),
          },
        ]),
  ]
  return {
    settings: {
      rounds,
      turnMs,
      windowReadMs: windowMs.read,
      windowShedMs: windowMs.shed,
      warmUpReadMs: warmUpMs.read,
      warmUpShedMs: warmUpMs.shed,
      connections,
      users,
      documents,
      seed,
    },
    rows: [
      ...[...byName].map(([name, list]) => rowOf(name, list)),
      ...[...turns].map(([subject, count]) => ({
        case: 'one request at a time',
        subject,
        metrics: { turns: { unit: 'turns/request', better: 'lower' as const, samples: [orNull(count)] } },
      })),
    ],
    bars: measured,
  }
})

async function startSubjects(run: Run): Promise<readonly Subject[]> {
  const { closing, progress } = run
  progress('bundling')
  const folder = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const serving = await startStubOrigin('serving')
  closing.defer(() => serving.stop())
  const ruling = await startStubOrigin('ruled')
  closing.defer(() => ruling.stop())
  const refusing = await startStubOrigin('refusing')
  closing.defer(() => refusing.stop())

  const keep = (worker: WorkerProcess) => {
    closing.defer(() => worker.stop())
    return { url: worker.url, pids: [worker.pid] }
  }
  const start = async (code: WorkerCode, bindings: Readonly<Record<string, string>> = {}) =>
    keep(await startWorkerProcess(code, { variables: bindings }))
  progress('starting')
  const assertionKey = await createKey(assertionAlgorithm)
  const receiver = await startSpanReceiver()
  closing.defer(() => receiver.stop())
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: '0.01' }
  const startEdge = async (
    originUrl: string,
    code?: WorkerCode,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const trustedIssuers = [trustedIssuer(issuer)]
    const variables = edgeVariables({ originUrls: [originUrl], trustedIssuers, assertionKey })
    return keep(await startEdgeProcess({ ...variables, ...more }, code))
  }
  const { jwksUri, audience } = issuer
  const claims = { ISSUER: issuer.url, AUDIENCE: audience, JWKS_URI: jwksUri }

  const credentials = await tokens(issuer)
  const apiKeys: Tokens = {
    kind: 'headers',
    sets: Array.from({ length: users }, (_, user) => ({
      authorization: `Bearer ${stubKey(stubKeyId(user))}`,
    })),
  }
  const inRead = { ring: 'read', mix: { read: 1 }, credentials, connections, answers: 'ok' } as const
  const inThrough = { ...inRead, ring: 'through', connections: connectionsToOrigin } as const
  const inShed = { ring: 'shed', credentials, connections, answers: 'shed' } as const
  const inShedRead = { ...inShed, ring: 'shedRead' } as const
  const create = { create: 1 }
  const search = { search: 1 }
  const miss = { miss: 1 }
  /** One for each subject, so that none finds another's entries in its cache or counters. */
  const serve = async (code?: WorkerCode, own = credentials) => {
    const edge = await startEdge((code === undefined ? serving : ruling).url, code)
    await ask(edge.url, own)
    return edge
  }
  const serveTraced = async () => {
    const edge = await startEdge(serving.url, undefined, traced)
    await ask(edge.url, credentials)
    return edge
  }
  const shedEdge = () => startEdge(refusing.url)
  progress('filling the caches')
  const ruled = await ruledWorker(folder)
  const stored = await askOnce((await serve()).url, 'GET', credentials)
  const refusal = await refusalOf((await shedEdge()).url, 'POST', credentials)
  const refusedRead = await refusalOf((await shedEdge()).url, 'GET', credentials)
  const startCode = async (name: string, bindings: Readonly<Record<string, string>> = {}) =>
    start(await bundleWorker(name, folder), bindings)
  const startForward = () => startCode('forward', { ORIGIN: serving.url })
  const startFloor = () => startCode('through', { ORIGIN: serving.url })
  const startProxy = () => startCode('hono-jose-proxy', { ...claims, ORIGIN: serving.url })
  const startRefuse = (answer: Answer) => startCode('refuse', { ANSWER: JSON.stringify(answer) })
  const startSame = (answer: Answer) => startCode('same', { ANSWER: JSON.stringify(answer) })
  const kinds: readonly (Omit<Subject, 'url' | 'pids'> & {
    readonly start: () => ReturnType<typeof serve>
  })[] = [
    { name: names.bare, ...inRead, start: () => startCode('bare') },
    { name: names.sameRead, ...inRead, start: () => startSame(stored) },
    { name: names.least, ...inRead, start: () => startCode('least', { ANSWER: JSON.stringify(stored) }) },
    { name: names.hono, ...inRead, start: () => startCode('hono-only') },
    { name: names.honoJose, ...inRead, start: () => startCode('hono-jose', claims) },
    { name: names.cached, ...inRead, start: () => serve() },
    { name: names.cachedByRule, ...inRead, start: () => serve(ruled) },
    { name: names.cachedByKey, ...inRead, credentials: apiKeys, start: () => serve(undefined, apiKeys) },
    { name: names.cachedTraced, ...inRead, start: serveTraced },
    { name: names.forwardList, ...inThrough, mix: search, start: startForward },
    { name: names.forwardDocument, ...inThrough, mix: miss, start: startForward },
    { name: names.forwardWrite, ...inThrough, mix: create, start: startForward },
    { name: names.floorList, ...inThrough, mix: search, start: startFloor },
    { name: names.floorDocument, ...inThrough, mix: miss, start: startFloor },
    { name: names.floorWrite, ...inThrough, mix: create, start: startFloor },
    { name: names.proxyList, ...inThrough, mix: search, start: startProxy },
    { name: names.proxyDocument, ...inThrough, mix: miss, start: startProxy },
    { name: names.proxyWrite, ...inThrough, mix: create, start: startProxy },
    { name: names.listMiss, ...inThrough, mix: search, start: () => serve() },
    { name: names.documentMiss, ...inThrough, mix: miss, start: () => serve() },
    { name: names.documentMissTraced, ...inThrough, mix: miss, start: serveTraced },
    { name: names.write, ...inThrough, mix: create, start: () => serve() },
    // The constant Worker gets the same requests: a body that nobody reads costs time, too.
    { name: names.sameShed, mix: create, ...inShed, start: () => startSame(refusal) },
    { name: names.floorShed, mix: create, ...inShed, start: () => startRefuse(refusal) },
    { name: names.shedWrite, mix: create, ...inShed, start: shedEdge },
    { name: names.sameShedRead, mix: search, ...inShedRead, start: () => startSame(refusedRead) },
    { name: names.floorShedRead, mix: search, ...inShedRead, start: () => startRefuse(refusedRead) },
    { name: names.shedRead, mix: search, ...inShedRead, start: shedEdge },
  ]
  const subjects: Subject[] = []
  // Starts a second process of each subject after all first ones, so that their positions in memory vary.
  for (let nth = 1; nth <= processesMax; nth++) {
    for (const { start, ...kind } of kinds) {
      if (processesOf(kind, run.quick) >= nth) subjects.push({ ...kind, ...(await start()) })
    }
  }
  if (run.quick) return subjects
  const peers = await startCachePeers(serving.url, (reason) => console.error(`        left out: ${reason}`))
  for (const peer of peers) {
    closing.defer(() => peer.stop())
    const { name, url, pids } = peer
    subjects.push({ ...inRead, name, url, pids, credentials: { kind: 'none' } })
  }
  return subjects
}
