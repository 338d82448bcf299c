import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Measured } from '../bar-lines.ts'
import { bars } from '../bars.ts'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import type { LoadReport } from '../load/report.ts'
import type { Mix } from '../load/workload.ts'
import { type Run, runBench } from '../measure/run.ts'
import { meanRatio } from '../measure/statistics.ts'
import { edgeVariables } from '../stack/edge.ts'
import { type Issuer, startIssuer, trustedIssuer } from '../stack/issuer.ts'
import { assertionAlgorithm, createKey } from '../stack/keys.ts'
import { startCachePeers } from './cache-peers.ts'
import { printSamples, rowOf, type Sample, sampleOf } from './cpu-of-edge.ts'
import { startEdgeProcess } from './edge-process.ts'
import { startStubOrigin } from './stub-origin.ts'
import { bundleWorker, startWorkerProcess, type WorkerCode, type WorkerProcess } from './worker-process.ts'

/**
 * What a request costs at the edge: the Worker as it is deployed, in workerd, beside a constant Worker (the limit) and
 * what others would write. Each has a process of its own, is asked without anything in between, and by the same driver.
 */
interface Subject {
  readonly name: string
  readonly url: string
  readonly pids: readonly number[]
  readonly mix: Mix
  readonly credentials: Credentials
  /** What it is to answer. */
  readonly answers: 'ok' | 'shed'
  readonly connections: number
}

const names = {
  bare: 'constant Worker, one field',
  sameRead: 'constant Worker, the same answer',
  sameShed: 'constant Worker, the same refusal',
  least: 'least Worker, two maps',
  hono: 'hono',
  honoJose: 'hono + jose each time',
  cached: 'Spillway, cached read',
  uncached: 'Spillway, uncached read',
  write: 'Spillway, write',
  shedWrite: 'Spillway, shed write',
  shedRead: 'Spillway, shed read',
} as const
type SubjectName = keyof typeof names

/** What the bars compare. */
const barred: ReadonlySet<string> = new Set([
  names.sameRead,
  names.sameShed,
  names.honoJose,
  names.cached,
  names.shedWrite,
])

/** Fields that the runtime adds by itself. */
const ofRuntime = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']

const users = 64
/** More than one, so that what is sent is not always the same that lies at hand. */
const documents = 100
const connections = 64
/** Fewer where each request goes beyond the isolate: an isolate that has just begun has few open at a time. */
const connectionsToOrigin = 16
const seed = 20_261_124
const ids = Array.from({ length: documents }, (_, i) => String(2_000_000 + i))

await runBench({ bench: 'edge', packages: ['workerd', 'hono', 'jose', 'undici'] }, async (run) => {
  const rounds = run.quick ? 3 : 7
  const times = { turnMs: 100, warmupMs: 200, windowMs: run.quick ? 1_200 : 3_000 }
  const all = await startSubjects(run)
  // A quick run measures what the bars are about.
  const subjects = run.quick ? all.filter(({ name }) => barred.has(name)) : all
  /** One sample of each subject, in their order. */
  const measure = async (round: number, windows = times): Promise<readonly Sample[]> => {
    const reports = await drive({
      kind: 'turns',
      loops: subjects.map(({ connections, credentials, mix, pids, url }) => ({
        target: url,
        ids,
        seed: seed + round,
        connections,
        mix,
        credentials,
        watched: { server: pids },
      })),
      ...windows,
    })
    return subjects.map(({ answers, name }, i) => sampleOf(reports[i] as LoadReport, answers, name))
  }

  run.progress('warming up')
  // An isolate that has served for a while has its hot paths compiled: its first seconds cost twice the later ones. Its young
  // generation goes on growing for some 200,000 requests, for which a quick run has no time.
  await measure(-1, { ...times, windowMs: run.quick ? 3_000 : 16_000 })
  const samples: (readonly Sample[])[] = []
  for (let round = 0; round < rounds; round++) {
    run.progress(`round ${round + 1} of ${rounds}`)
    samples.push(await measure(round))
  }

  const byName = new Map(subjects.map(({ name }, i) => [name, samples.map((round) => round[i] as Sample)]))
  console.log(`\n${printSamples(byName)}`)
  console.log(
    '\nCPU µs a request of the server process. Medians; spread: half the range. Bars: ratios of means.',
  )
  const cpu = (name: SubjectName) => (byName.get(names[name]) ?? []).map((sample) => sample.cpu)
  const ratio = (one: SubjectName, other: SubjectName) => meanRatio(cpu(one), cpu(other))
  const measured: Measured[] = [
    { bar: bars.edgeCachedRead, value: ratio('cached', 'sameRead') },
    { bar: bars.edgeAgainstJose, value: ratio('honoJose', 'cached') },
    { bar: bars.edgeShed, value: ratio('shedWrite', 'sameShed') },
  ]
  return {
    settings: { rounds, ...times, connections, users, documents, seed },
    rows: [...byName].map(([name, list]) => rowOf(name, list)),
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
  const refusing = await startStubOrigin('refusing')
  closing.defer(() => refusing.stop())

  const keep = (worker: WorkerProcess) => {
    closing.defer(() => worker.stop())
    return { url: worker.url, pids: [worker.pid] }
  }
  const start = async (code: WorkerCode, bindings: Readonly<Record<string, string>> = {}) =>
    keep(await startWorkerProcess(code, bindings))
  progress('starting')
  const assertionKey = await createKey(assertionAlgorithm)
  const startEdge = async (originUrl: string) => {
    const trustedIssuers = [trustedIssuer(issuer)]
    return keep(
      await startEdgeProcess(edgeVariables({ originUrls: [originUrl], trustedIssuers, assertionKey })),
    )
  }
  const { jwksUri, audience } = issuer
  const claims = { ISSUER: issuer.url, AUDIENCE: audience, JWKS_URI: jwksUri }

  const credentials = await tokens(issuer)
  const ok = { credentials, connections, answers: 'ok' } as const
  const through = { ...ok, connections: connectionsToOrigin }
  const shed = { credentials, connections, answers: 'shed' } as const
  const read = { read: 1 }
  // One for each, so that none finds in its cache or its counters what another has left there.
  const [reading, missing, writing] = [
    await startEdge(serving.url),
    await startEdge(serving.url),
    await startEdge(serving.url),
  ]
  progress('filling the caches')
  for (const { url } of [reading, missing, writing]) await ask(url, credentials)
  const bare = await start(await bundleWorker('bare', folder))
  const shedding = await startEdge(refusing.url)
  const same = await bundleWorker('same', folder)
  const startSame = (answer: Answer) => start(same, { ANSWER: JSON.stringify(answer) })
  const stored = await askOnce(reading.url, 'GET', credentials)
  const subjects: Subject[] = [
    { name: names.bare, mix: read, ...ok, ...bare },
    {
      name: names.sameRead,
      mix: read,
      ...ok,
      ...(await startSame(stored)),
    },
    // The same requests as are shed, too: a body that nobody reads costs as well.
    {
      name: names.sameShed,
      mix: { create: 1 },
      ...shed,
      ...(await startSame(await refusalOf(shedding.url, credentials))),
    },
    {
      name: names.least,
      mix: read,
      ...ok,
      ...(await start(await bundleWorker('least', folder), { ANSWER: JSON.stringify(stored) })),
    },
    { name: names.hono, mix: read, ...ok, ...(await start(await bundleWorker('hono-only', folder))) },
    {
      name: names.honoJose,
      mix: read,
      ...ok,
      ...(await start(await bundleWorker('hono-jose', folder), claims)),
    },
    { name: names.cached, mix: read, ...ok, ...reading },
    { name: names.uncached, mix: { search: 1 }, ...through, ...missing },
    { name: names.write, mix: { create: 1 }, ...through, ...writing },
    { name: names.shedWrite, mix: { create: 1 }, ...shed, ...shedding },
    { name: names.shedRead, mix: { search: 1 }, ...shed, ...(await startEdge(refusing.url)) },
  ]
  const peers = await startCachePeers(serving.url, (reason) => console.error(`        left out: ${reason}`))
  for (const peer of peers) {
    closing.defer(() => peer.stop())
    const { name, url, pids } = peer
    subjects.push({ ...ok, name, url, pids, mix: read, credentials: { kind: 'none' } })
  }
  return subjects
}

/** Each document once, and each token: one after the other, since a cold isolate would shed a rush. */
async function ask(url: string, { sets }: Tokens): Promise<void> {
  for (const [i, id] of ids.entries()) {
    const response = await fetch(`${url}/v2/places/${id}`, { headers: { ...sets[i % sets.length] } })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the edge answers ${response.status}`)
  }
}

/** An answer as it went out. */
interface Answer {
  readonly status: number
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
}

async function askOnce(url: string, method: 'GET' | 'POST', { sets }: Tokens): Promise<Answer> {
  const isRead = method === 'GET'
  const response = await fetch(`${url}/v2/places${isRead ? `/${ids[0]}` : ''}`, {
    method,
    headers: { ...sets[0], ...(!isRead && { 'content-type': 'application/json' }) },
    body: isRead ? null : '{}',
  })
  const body = await response.text()
  return { status: response.status, fields: fieldsOf(response), body }
}

/** How the edge itself refuses, which it begins to do when the origin has refused enough. */
async function refusalOf(url: string, credentials: Tokens): Promise<Answer> {
  for (let asked = 0; asked < 1_000; asked++) {
    const answer = await askOnce(url, 'POST', credentials)
    // One that reached the origin brings the writer's cookie.
    if (!answer.fields.some(([name]) => name === 'set-cookie')) return answer
  }
  throw new Error('the edge does not shed')
}

function fieldsOf({ headers }: Response): Answer['fields'] {
  return [...headers].filter(([name]) => !ofRuntime.includes(name))
}

type Tokens = Extract<Credentials, { kind: 'headers' }>

async function tokens(issuer: Issuer): Promise<Tokens> {
  const mint = (user: number) => issuer.mintToken({ sub: `user-${user}`, scopes: ['places:write'] })
  const minted = await Promise.all(Array.from({ length: users }, (_, user) => mint(user)))
  return { kind: 'headers', sets: minted.map((token) => ({ authorization: `Bearer ${token}` })) }
}
