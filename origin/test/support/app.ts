import type { Application } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { createApp } from '../../src/app.ts'
import { readChanges } from '../../src/events/read-changes.ts'
import type { ExportBounds } from '../../src/export/export-stream.ts'
import type { FeedBounds } from '../../src/feed/compile-feeds.ts'
import { Metrics } from '../../src/observe/metrics.ts'
import { RequestLog } from '../../src/observe/request-log.ts'
import { Health } from '../../src/ops/health.ts'
import { AdmissionControl } from '../../src/overload/admission-control.ts'
import { DelayLimit } from '../../src/overload/delay-limit.ts'
import { noServerCode, type ServerCode } from '../../src/server-code.ts'
import { ChangeLog } from '../../src/store/change-log.ts'
import type { Commits } from '../../src/store/commits.ts'
import { DeliveryStore } from '../../src/store/delivery-store.ts'
import { HistoryLog } from '../../src/store/history-log.ts'
import type { Repository } from '../../src/store/repository.ts'
import { parseEdgeKeys } from '../../src/trust/edge-keys.ts'
import { AssertionVerifier } from '../../src/trust/trust.ts'
import { countUsage } from '../../src/usage/count-usage.ts'
import { withReceivers } from '../../src/webhooks/receiver-code.ts'
import { ReceiverSecrets } from '../../src/webhooks/receiver-secrets.ts'
import { StoredReceivers } from '../../src/webhooks/stored-receivers.ts'
import { application as fixture } from '../fixture/application.ts'
import { server as fixtureServer } from '../fixture/server.ts'
import { edgeKeySet } from './assertions.ts'
import { type Client, createClient } from './client.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'

export interface TestApp {
  readonly app: FastifyInstance
  readonly port: number
  readonly send: Client
  readonly database: TestDatabase
  readonly repository: Repository
  readonly health: Health
  readonly metrics: Metrics
  readonly admission: AdmissionControl
  /** Logged lines. */
  readonly logged: string[]
  stop(): Promise<void>
}

export interface TestAppOptions {
  readonly application?: Application
  /** Handlers of its actions. @default the fixture's for the fixture, none for another application */
  readonly server?: ServerCode
  /** Database of another test app, which closes it. @default a new one */
  readonly database?: TestDatabase
  /** Milliseconds since the epoch, of requests and of stored documents. */
  readonly clock?: () => number
  /** Wraps the real repository, to make it slow or fail. */
  readonly over?: (repository: Repository) => Repository
  /** @default those of its own database */
  readonly commits?: Commits
  /** Concurrency limit of requests. */
  readonly limit?: number
  /** Maximum requests in the queue. @default 0 */
  readonly waiting?: number
  /** Whether reads have seen every acknowledged write. @default what the pool knows of the primary */
  readonly isCertain?: (beganAtMs: number) => boolean
  /** Bounds of exports. */
  readonly exportBounds?: Partial<ExportBounds>
  /** Bounds of change feeds. */
  readonly feedBounds?: Partial<FeedBounds>
  /** Time limit for a request to arrive, in ms. */
  readonly arrivalTimeoutMs?: number
  /** Called with the ids of API keys that an edge has seen in use. */
  readonly onKeyUse?: (ids: readonly string[]) => void
  /** Time limit of a list, in ms. @default 30 000: a slow machine must not turn an answer into a 504 */
  readonly listTimeoutMs?: number
}

/** The bound methods of a repository, to spread into one that overrides some. */
export const bound = (repository: Repository): Repository => ({
  read: (...parts) => repository.read(...parts),
  readKept: (...parts) => repository.readKept(...parts),
  list: (...parts) => repository.list(...parts),
  count: (...parts) => repository.count(...parts),
  create: (...parts) => repository.create(...parts),
  createBatch: (...parts) => repository.createBatch(...parts),
  replace: (...parts) => repository.replace(...parts),
  delete: (...parts) => repository.delete(...parts),
  recall: (...parts) => repository.recall(...parts),
  drain: () => repository.drain(),
})

/** Key and secrets of the receivers of every test app. */
export const receiverKey = 'a-key-of-tests-alone'.padEnd(43, '.')
export const receiverSecrets = new ReceiverSecrets([receiverKey])

/** The HTTP side of the origin on a free port, with a real database of its own. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const {
    application = fixture,
    clock,
    over = (same) => same,
    limit,
    waiting = 0,
    arrivalTimeoutMs,
    listTimeoutMs = 30_000,
    exportBounds,
    feedBounds,
  } = options
  const database = options.database ?? (await openTestDatabase(application.resources))
  const { repository: real, commits, records } = database.repository(clock && { clock })
  const repository = over(real)
  const bounds = limit === undefined ? {} : { initial: limit, limitMin: limit, limitMax: limit }
  const admission = new AdmissionControl({
    limit: new DelayLimit(bounds),
    queue: { lengthMax: waiting },
    random: () => 0.5,
    onActive: () => {},
  })
  const health = new Health({
    ping: () => database.pool.ping(1_000),
    hasPoolRoom: () => true,
    commands: database.pool.bounds,
    now: () => performance.now(),
  })
  const metrics = new Metrics({
    admission: () => admission.snapshot(performance.now()),
    pool: () => ({ size: 16, open: database.pool.open, inUse: database.pool.inUse }),
    commandsGivenUp: () => database.pool.bounds.givenUp,
    lanes: () => records.counts(),
    isDraining: () => health.isDraining,
  })
  const logged: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void logged.push(line) })
  const { pool } = database
  const server = options.server ?? (application.name === fixture.name ? fixtureServer : noServerCode)
  const app = await createApp({
    application,
    server: withReceivers(server, application.receivers, {
      secrets: receiverSecrets,
      deliveries: new DeliveryStore(pool.db, pool.bounds),
      log: new ChangeLog(pool.db, pool.bounds),
      stored: new StoredReceivers(pool.db, pool.bounds),
      known: [...application.resources.values()].flatMap(({ name, events }) => (events ? [name] : [])),
      // Receivers of tests are on loopback.
      allowsPrivate: true,
    }),
    repository,
    commits: options.commits ?? commits,
    changes: readChanges(database.pool.db, database.pool.bounds),
    history: new HistoryLog(database.pool.db, database.pool.bounds),
    isCertain: options.isCertain ?? ((beganAtMs) => database.pool.primary.isCertain(beganAtMs)),
    verifier: new AssertionVerifier(parseEdgeKeys(edgeKeySet)),
    admission,
    health,
    metrics,
    requestLog: new RequestLog(logger),
    listTimeoutMs,
    ...(clock !== undefined && { clock }),
    countUsage: countUsage(database.pool.db, database.pool.bounds),
    ...(options.onKeyUse !== undefined && { onKeyUse: options.onKeyUse }),
    ...(arrivalTimeoutMs !== undefined && { arrivalTimeoutMs }),
    ...(exportBounds !== undefined && { exportBounds }),
    ...(feedBounds !== undefined && { feedBounds }),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  return {
    app,
    port,
    send: createClient(port),
    database,
    repository,
    health,
    metrics,
    admission,
    logged,
    async stop() {
      const closed = app.close()
      app.server.closeAllConnections()
      await closed
      metrics.stop()
      await repository.drain()
      if (options.database === undefined) await database.drop()
    },
  }
}
