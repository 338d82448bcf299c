import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { type Issuer, startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey } from '@spillway/edge/dev/keys'
import type { Measured } from '@spillway/infra/local/bar'
import { startMongod } from '@spillway/origin/dev/mongod'
import { seed } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { startEdgeProcess } from '../edge/edge-process.ts'
import { type Run, runBench } from '../measure/run.ts'
import { table } from '../measure/table.ts'
import { startWholePath } from '../peers/start-whole-path.ts'
import { openPaths } from '../scenarios/application-load.ts'
import { askedOf, Clients, refusedOf, type Statuses } from './clients.ts'

/**
 * Counts refusals while the origin is idle: there may be none. A cold isolate serves a growing number of clients, a
 * warm one serves bursts after pauses of growing length; both are repeated through the real origin and its database.
 * Each client reads a document of its own, so that no cache helps.
 */
interface Shape {
  readonly name: string
  readonly statuses: Statuses
}

const clientCounts = [16, 32, 64, 128, 256]
const burstSizes = [120, 200]
const quietSeconds = [0, 1, 6]
/** Enough for all clients to read a new document each time, for a few seconds. */
const documentsMax = 20_000
let nth = 0

await runBench({ bench: 'bursts', packages: ['workerd', 'miniflare', 'fastify', 'undici'] }, async (run) => {
  const loopMs = run.quick ? 1_500 : 3_000
  // The stub answers for the repository's own application alone.
  const stubbed = run.chosen.isOwn ? await throughStub(run, loopMs) : []
  const shapes = [...stubbed, ...(await throughAll(run, loopMs))]
  const told = shapes.map(({ name, statuses }) => ({
    name,
    asked: askedOf(statuses),
    refused: refusedOf(statuses),
    statuses: JSON.stringify(Object.fromEntries(statuses)),
  }))
  const rows = told.map(({ name, asked, refused, statuses }) => [
    name,
    String(asked),
    String(refused),
    statuses,
  ])
  console.log(`\n${table(['shape', 'asked', 'refused', 'statuses'], rows)}\n`)
  const measured: Measured[] = told.map(({ name, refused }) => ({
    bar: { ...bars.burstsRefused, name: `${bars.burstsRefused.name}-${name.replaceAll(/[^a-z0-9]+/g, '-')}` },
    value: refused,
  }))
  return {
    settings: { loopMs },
    rows: told.map(({ name, asked, refused }) => ({
      case: name,
      subject: 'Spillway',
      metrics: {
        asked: { unit: 'requests', better: 'higher', samples: [asked] },
        refused: { unit: 'requests', better: 'lower', samples: [refused] },
      },
    })),
    bars: measured,
  }
})

async function throughStub(run: Run, loopMs: number): Promise<readonly Shape[]> {
  const { closing, progress } = run
  progress('starting a stub origin')
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const thread = new Worker(new URL('./stub-thread.ts', import.meta.url))
  closing.defer(async () => void (await thread.terminate()))
  // The cast is safe: the thread sends its URL first.
  const [originUrl] = (await once(thread, 'message')) as [string]

  const shapes: Shape[] = []
  for (const count of clientCounts) {
    progress(`stub origin: a cold isolate and ${count} clients`)
    await withEdge(originUrl, issuer, async (clients) => {
      shapes.push({ name: `cold ${count} clients`, statuses: await clients.loop(count, loopMs) })
    })
  }
  progress('stub origin: bursts')
  await withEdge(originUrl, issuer, async (clients) => {
    await clients.loop(8, 1_000)
    for (const size of burstSizes) {
      for (const seconds of quietSeconds) {
        await sleep(seconds * 1_000)
        shapes.push({ name: `burst ${size} after ${seconds} s`, statuses: await clients.burst(size) })
      }
    }
  })
  return shapes
}

async function withEdge(
  originUrl: string,
  issuer: Issuer,
  ask: (clients: Clients) => Promise<void>,
): Promise<void> {
  const assertionKey = await createKey(assertionAlgorithm)
  const trustedIssuers = [trustedIssuer(issuer)]
  const edge = await startEdgeProcess(
    edgeVariables({ originUrls: [originUrl], trustedIssuers, assertionKey }),
  )
  const clients = new Clients(edge.url, () => `/v2/places/${2_000_000 + nth++}`)
  try {
    await ask(clients)
  } finally {
    await clients.stop()
    await edge.stop()
  }
}

async function throughAll(run: Run, loopMs: number): Promise<readonly Shape[]> {
  const shapes: Shape[] = []
  run.progress('starting database, origin and edge')
  // The ids are listed once, through a path that is thrown away: the list would fill the caches of the measured one.
  // Each database is seeded with the same ids.
  let paths: readonly string[] = []
  await withAll(run, async (url) => {
    paths = await openPaths(run.chosen, url, documentsMax)
  })
  const withClients = (ask: (clients: Clients) => Promise<void>) =>
    withAll(run, async (url) => {
      let asked = 0
      const clients = new Clients(url, () => paths[asked++ % paths.length] ?? '')
      try {
        await ask(clients)
      } finally {
        await clients.stop()
      }
    })
  await withClients(async (clients) => {
    run.progress('all: bursts at a cold origin')
    for (const round of ['first', 'second']) {
      shapes.push({ name: `all cold ${round} burst 200`, statuses: await clients.burst(200) })
    }
    for (const seconds of quietSeconds) {
      await sleep(seconds * 1_000)
      shapes.push({ name: `all burst 200 after ${seconds} s`, statuses: await clients.burst(200) })
    }
  })
  for (const count of [64, 256]) {
    run.progress(`all: cold, ${count} clients`)
    await withClients(async (clients) => {
      shapes.push({ name: `all cold ${count} clients`, statuses: await clients.loop(count, loopMs) })
    })
  }
  return shapes
}

/** Starts the whole stack as `npm start` does, with empty caches and counters. */
async function withAll({ chosen, closing }: Run, ask: (url: string) => Promise<void>): Promise<void> {
  await using ending = new AsyncDisposableStack()
  // Ends this stack on an interrupt, too.
  closing.use(ending)
  const mongod = await startMongod()
  ending.defer(() => mongod.stop())
  const databaseName = 'bursts'
  const application = chosen.which
  await seed({ databaseUri: mongod.uri, databaseName, application })
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  ending.defer(() => issuer.stop())
  const path = { databaseUri: mongod.uri, databaseName, issuer, application }
  const { url } = await startWholePath({ closing: ending }, path)
  await ask(url)
}
