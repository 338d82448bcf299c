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

/**
 * A ring has only the subjects that one bar compares, and they take turns. With more of them, each would be idle for
 * longer, and costs per unit of time would fall on fewer requests: an edge that sheds lets one probe through to a busy
 * origin per interval, however many requests arrive.
 *
 * Each subject is warmed up for `warmUpMs`. The first seconds of an isolate cost twice as much as later ones, until V8
 * has compiled the hot paths and memory has its final size; page faults become fewer over some 200,000 requests. A
 * quick run spends its short warm-up on the comparison with jose, whose ratio changes most.
 */
const times = {
  full: {
    rounds: 6,
    warmUpMs: { read: 16_000, through: 16_000, shed: 16_000 },
    // The bar on shedding has the smallest margin, and its samples vary most, by garbage collections.
    windowMs: { read: 2_000, through: 2_000, shed: 4_000 },
  },
  quick: {
    rounds: 3,
    warmUpMs: { read: 3_800, through: 1_200, shed: 1_800 },
    windowMs: { read: 1_200, through: 600, shed: 500 },
  },
}
type Ring = keyof typeof times.full.windowMs
const rings: readonly Ring[] = ['read', 'through', 'shed']

const names = {
  bare: 'constant Worker, one field',
  sameRead: 'constant Worker, the same answer',
  sameShed: 'constant Worker, the same refusal',
  sameShedRead: 'constant Worker, the same refusal of a read',
  least: 'least Worker, two maps',
  hono: 'hono',
  honoJose: 'hono + jose each time',
  cached: 'Spillway, cached read',
  cachedByRule: 'Spillway, cached read by a rule',
  cachedByKey: 'Spillway, cached read with an API key',
  cachedTraced: 'Spillway, cached read, 1 % traced',
  forwardList: 'forwarding Worker, list',
  forwardDocument: 'forwarding Worker, document',
  forwardWrite: 'forwarding Worker, write',
  floorList: 'least Worker that goes through, list',
  floorDocument: 'least Worker that goes through, document',
  floorWrite: 'least Worker that goes through, write',
  proxyList: 'hono + jose + proxy, list',
  proxyDocument: 'hono + jose + proxy, document',
  proxyWrite: 'hono + jose + proxy, write',
  listMiss: 'Spillway, uncached list',
  documentMiss: 'Spillway, uncached document',
  documentMissTraced: 'Spillway, uncached document, 1 % traced',
  write: 'Spillway, write',
  shedWrite: 'Spillway, shed write',
  floorShedRead: 'least Worker that refuses, read',
  shedRead: 'Spillway, shed read',
} as const
type SubjectName = keyof typeof names

/** For each bar on what goes beyond memory: its floor, and the base of both. */
const floors = [
  [bars.edgeShedRead, 'floorShedRead', 'sameShedRead'],
  [bars.edgeListMiss, 'floorList', 'forwardList'],
  [bars.edgeDocumentMiss, 'floorDocument', 'forwardDocument'],
  [bars.edgeWrite, 'floorWrite', 'forwardWrite'],
] as const satisfies readonly (readonly [Bar, SubjectName, SubjectName])[]

/** Subjects that the bars compare, and the floors beside them: all that a quick run measures. */
const barred: ReadonlySet<string> = new Set([
  names.sameRead,
  names.sameShed,
  names.honoJose,
  names.cached,
  names.cachedByRule,
  names.cachedByKey,
  names.cachedTraced,
  names.forwardList,
  names.forwardDocument,
  names.forwardWrite,
  names.floorList,
  names.floorDocument,
  names.floorWrite,
  names.proxyList,
  names.proxyDocument,
  names.proxyWrite,
  names.listMiss,
  names.documentMiss,
  names.documentMissTraced,
  names.write,
  names.sameShedRead,
  names.floorShedRead,
  names.shedWrite,
  names.shedRead,
])
/**
 * Number of processes of each subject. Two processes of one program differ by up to five percent as long as they live,
 * by the layout of their memory, and a bar has a margin of about fifteen. A quick run has no time for a second one.
 */
const processesOf = ({ name, ring }: Pick<Subject, 'name' | 'ring'>, quick: boolean): number => {
  if (!barred.has(name)) return quick ? 0 : 1
  if (quick) return name === names.sameShed || name === names.shedWrite ? 2 : 1
  return ring === 'through' ? 1 : processesMax
}
const processesMax = 3

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
  for (const subject of subjects.filter(({ ring }) => ring !== 'shed')) {
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
  const measured: Measured[] = [
    { bar: bars.edgeCachedRead, value: ratio('cached', 'sameRead') },
    { bar: bars.edgeAgainstJose, value: ratio('honoJose', 'cached') },
    { bar: bars.edgeRule, value: ratio('cachedByRule', 'cached') },
    { bar: bars.edgeApiKey, value: ratio('cachedByKey', 'cached') },
    { bar: bars.edgeTracedRead, value: ratio('cachedTraced', 'cached') },
    { bar: bars.edgeTracedMiss, value: ratio('documentMissTraced', 'documentMiss') },
    { bar: bars.edgeShed, value: ratio('shedWrite', 'sameShed') },
    { bar: bars.edgeShedRead, value: ratio('shedRead', 'sameShedRead') },
    { bar: bars.edgeListMiss, value: ratio('listMiss', 'forwardList') },
    { bar: bars.edgeDocumentMiss, value: ratio('documentMiss', 'forwardDocument') },
    { bar: bars.edgeWrite, value: ratio('write', 'forwardWrite') },
    {
      bar: bars.edgeAgainstProxy,
      value: Math.max(
        ratio('listMiss', 'proxyList'),
        ratio('documentMiss', 'proxyDocument'),
        ratio('write', 'proxyWrite'),
      ),
    },
  ]
  console.log('Floors: the same ratio for a Worker that does only what is unavoidable.')
  for (const [bar, floor, base] of floors) console.log(`  ${bar.name}: ${ratio(floor, base).toFixed(2)}`)
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
    { name: names.shedWrite, mix: create, ...inShed, start: shedEdge },
    { name: names.sameShedRead, mix: search, ...inShed, start: () => startSame(refusedRead) },
    { name: names.floorShedRead, mix: search, ...inShed, start: () => startRefuse(refusedRead) },
    { name: names.shedRead, mix: search, ...inShed, start: shedEdge },
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
