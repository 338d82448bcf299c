import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { startMongod } from '@spillway/origin/dev/mongod'
import { type Origin, startOrigin } from '@spillway/origin/dev/origin-process'
import { seed } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { startEdgeProcess } from '../edge/edge-process.ts'
import { steady } from '../load/arrivals.ts'
import { drive } from '../load/drive.ts'
import type { Answers, Stream } from '../load/report.ts'
import { withId } from '../load/request.ts'
import { orNull } from '../measure/result.ts'
import { runBench } from '../measure/run.ts'
import { figure, table } from '../measure/table.ts'
import { documentsFor, openRead, readsOf } from '../scenarios/application-load.ts'
import { recoverySeconds } from './recovery.ts'
import { type Lifetime, startShortLives, usableSeconds } from './short-lives.ts'

/**
 * The origin is killed under load and comes back. Stored answers are served all the time, none is served longer than
 * its stale-if-error allows, and everything works again seconds after the return.
 *
 * `lasting` documents may be served for an hour without an origin, `brief` ones for a few seconds. Both are fresh for
 * two seconds, so stale-if-error decides for nearly all of the outage. Each `unstored` document is requested only once:
 * these show when the edge asks the origin again.
 */

const lasting: Lifetime = { maxAge: 2, staleWhileRevalidate: 2, staleIfError: 3_600 }
const brief: Lifetime = { maxAge: 2, staleWhileRevalidate: 2, staleIfError: 6 }
const documentsEach = 50
const unstoredPerSecond = 20
const warmupMs = 3_000
/** Tolerance: `Age` counts whole seconds, and the answer takes a moment to arrive. */
const ageToleranceSeconds = 1
const drivenBySeed = 20_261_124

await runBench({ bench: 'outage', packages: ['workerd', 'miniflare', 'fastify', 'undici'] }, async (run) => {
  const { chosen, closing, progress } = run
  const beforeMs = run.quick ? 3_000 : 10_000
  const outageMs = run.quick ? 20_000 : 60_000
  const afterMs = run.quick ? 9_000 : 20_000
  const totalMs = beforeMs + outageMs + afterMs

  progress('starting database, origin and edge')
  let originPort = 0
  let lifetimes = new Map<string, Lifetime>()
  const proxy = await startShortLives(
    () => originPort,
    (id) => lifetimes.get(id),
  )
  closing.defer(() => proxy.stop())
  const folder = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const mongod = await startMongod()
  closing.defer(() => mongod.stop())
  const databaseName = 'outage'
  await seed({ databaseUri: mongod.uri, databaseName, application: chosen.which })
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const key = await createKey(assertionAlgorithm)
  const startOne = (port?: number): Promise<Origin> =>
    startOrigin({
      databaseUri: mongod.uri,
      databaseName,
      edgeKeys: JSON.stringify(publicKeySet(key)),
      logFile: join(folder, 'origin.log'),
      application: chosen.which,
      ...(port !== undefined && { port }),
    })
  const origin = await startOne()
  closing.defer(() => origin.stop())
  originPort = origin.port
  // Without stand-ins for Cloudflare's services: they take more CPU time than the edge, and would be measured.
  const edge = await startEdgeProcess(
    edgeVariables({ originUrls: [proxy.url], trustedIssuers: [trustedIssuer(issuer)], assertionKey: key }),
    chosen.which,
  )
  closing.defer(() => edge.stop())

  const read = openRead(chosen)
  const unstoredCount = Math.ceil((unstoredPerSecond * (warmupMs + totalMs)) / 1_000)
  const known = await documentsFor([read], {
    target: edge.url,
    credentials: { kind: 'none' },
    count: 2 * documentsEach + 2 * unstoredCount,
  })
  const all = known[read.resource] ?? []
  const lastingDocuments = all.slice(0, documentsEach)
  const briefDocuments = all.slice(documentsEach, 2 * documentsEach)
  const others = all.slice(2 * documentsEach)
  if (others.length < unstoredCount) progress(`only ${others.length} documents are left to be asked for once`)
  lifetimes = new Map([
    ...lastingDocuments.map(({ id }) => [id, lasting] as const),
    ...briefDocuments.map(({ id }) => [id, brief] as const),
  ])

  progress('filling the cache')
  for (const { id } of [...lastingDocuments, ...briefDocuments])
    await (await fetch(edge.url + withId(read.path, id))).arrayBuffer()

  const stream = (name: string, perSecond: number, more: Pick<Stream, 'mix'> & Partial<Stream>): Stream => ({
    name,
    curve: steady(perSecond, totalMs),
    spacing: 'poisson',
    credentials: { kind: 'none' },
    ...more,
  })
  const windowOpen = Promise.withResolvers<number>()
  progress(
    `load for ${totalMs / 1000} s; the origin dies after ${beforeMs / 1000} and is gone for ${outageMs / 1000}`,
  )
  const running = drive(
    {
      kind: 'open',
      target: edge.url,
      ids: [],
      seed: drivenBySeed,
      warmupMs,
      streams: [
        stream('lasting', 150, {
          mix: readsOf(read, lastingDocuments),
          ageSecondsMax: usableSeconds(lasting) + ageToleranceSeconds,
        }),
        stream('brief', 100, {
          mix: readsOf(read, briefDocuments),
          ageSecondsMax: usableSeconds(brief) + ageToleranceSeconds,
        }),
        stream('unstored', unstoredPerSecond, { mix: readsOf(read, others, { kind: 'in turn' }) }),
      ],
      connectionsMax: 500,
      timeoutMs: 3_000,
      usefulMs: 1_500,
      watched: {},
    },
    { onWindow: () => windowOpen.resolve(performance.now()) },
  )
  running.catch(windowOpen.reject)
  const startMs = await windowOpen.promise
  await sleep(beforeMs)
  progress('killing the origin')
  origin.child.signal('SIGKILL')
  await origin.child.exited
  await sleep(startMs + beforeMs + outageMs - performance.now())
  progress('starting it again')
  const again = await startOne(origin.port)
  closing.defer(() => again.stop())
  const returnedAtSeconds = (performance.now() - startMs) / 1000
  progress(`it is back after ${returnedAtSeconds.toFixed(1)} s`)

  const { driver, streams, timelines, total } = await running
  // A driver that is a little late changes latencies but no statuses.
  const isTimely = driver.limitedBy === undefined
  if (!isTimely) console.error(`        latencies are not a result: ${driver.limitedBy}`)
  const p99Of = ({ latency }: Answers) => (isTimely ? latency.p99 : Number.NaN)
  const recovery = recoverySeconds(Object.values(timelines), returnedAtSeconds)
  const stored = streams.lasting
  const rows = Object.entries(streams).map(([name, answers]) => [
    name,
    ...[
      answers.asked,
      answers.ok,
      answers.good,
      answers.shed,
      answers.failed,
      answers.oldestSeconds,
      answers.tooOld,
    ].map(String),
    figure(p99Of(answers)),
    JSON.stringify(answers.failures),
  ])
  console.log(
    `\n${table(['reads', 'asked', 'ok', 'in time', 'shed', 'failed', 'oldest s', 'too old', 'p99 ms', 'failures'], rows)}`,
  )
  const okPercent = ({ asked, ok }: Answers) => (ok / asked) * 100
  return {
    settings: { beforeMs, outageMs, afterMs, documentsEach, returnedAtSeconds },
    rows: Object.entries(streams).map(([name, answers]) => ({
      case: name,
      subject: 'Spillway',
      metrics: {
        success: { unit: '%', better: 'higher', samples: [orNull(okPercent(answers))] },
        p99: { unit: 'ms', better: 'lower', samples: [orNull(p99Of(answers))] },
      },
    })),
    series: Object.entries(timelines).map(([name, seconds]) => ({
      name: `good answers, ${name}`,
      unit: 'requests/s',
      points: seconds.map(({ good }, at): [number, number] => [at, good]),
    })),
    bars: [
      { bar: bars.outageStoredReads, value: stored === undefined ? Number.NaN : okPercent(stored) },
      { bar: bars.outageTooStale, value: total.tooOld },
      { bar: bars.outageRecovery, value: recovery },
    ],
  }
})
