import { type Application, apiKeysIn } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import { LastUse } from './api-keys/last-use.ts'
import { createApp } from './app.ts'
import { SystemWork } from './background/system-work.ts'
import type { Config } from './config.ts'
import { DeliveryTotals } from './deliveries/delivery-totals.ts'
import { isOfDeliveries } from './deliveries/hold-subscriber.ts'
import { logDeliveries } from './deliveries/log-deliveries.ts'
import { logEvents } from './events/log-events.ts'
import { readChanges } from './events/read-changes.ts'
import { startEvents } from './events/start-events.ts'
import { startHandlers } from './handlers/start-handlers.ts'
import { openBuildConnection } from './indexes/build-connection.ts'
import { logIndexes } from './indexes/log-indexes.ts'
import { startIndexes } from './indexes/start-indexes.ts'
import { holderName } from './jobs/holder-name.ts'
import { ticker } from './lib/ticker.ts'
import { checkMigrationResults } from './migrations/check-migrations.ts'
import { logMigrations } from './migrations/log-migrations.ts'
import { startMigrations } from './migrations/start-migrations.ts'
import { Metrics } from './observe/metrics.ts'
import { Misfits } from './observe/misfits.ts'
import { createLogger, RequestLog } from './observe/request-log.ts'
import { bothCommands, RequestTimes } from './observe/request-times.ts'
import { Health } from './ops/health.ts'
import { AdmissionControl } from './overload/admission-control.ts'
import { DelayLimit } from './overload/delay-limit.ts'
import { isBusy } from './overload/yields.ts'
import { startPurges } from './purges/start-purges.ts'
import { logSchedules, startSchedules } from './schedules/start-schedules.ts'
import type { ServerCode } from './server-code.ts'
import { ChangeLog } from './store/change-log.ts'
import { layoutsOf } from './store/codec/layouts.ts'
import { DeliveryStore } from './store/delivery-store.ts'
import { HistoryLog } from './store/history-log.ts'
import { openRepository } from './store/open-repository.ts'
import { openPool, type Pool, type PoolObservation } from './store/pool.ts'
import { PoolRoom } from './store/pool-room.ts'
import { joined } from './store/records.ts'
import { loadEdgeKeys, watchEdgeKeys } from './trust/edge-keys.ts'
import { readTls } from './trust/tls.ts'
import { AssertionVerifier } from './trust/trust.ts'
import { countUsage } from './usage/count-usage.ts'
import { withReceivers } from './webhooks/receiver-code.ts'
import { ReceiverSecrets } from './webhooks/receiver-secrets.ts'
import { ReceiverSource } from './webhooks/receiver-source.ts'
import { startWebhooks } from './webhooks/start-webhooks.ts'
import { StoredReceivers } from './webhooks/stored-receivers.ts'
import { WebhookStore } from './webhooks/webhook-store.ts'

/** A running origin. */
export interface Origin {
  readonly app: FastifyInstance
  readonly metrics: Metrics
  readonly port: number
  /** Reads the edge's keys again. */
  reloadKeys(): Promise<void>
  /**
   * Stops in this order: readiness goes false and new requests are refused; requests in flight finish; pending batches
   * are written; the connections close.
   */
  drain(): Promise<void>
}

/**
 * @throws {Error} if migrations do not fit, the keys or the certificate cannot be read, the database cannot be reached,
 * or the port is in use
 */
export async function startProcess(
  config: Config,
  application: Application,
  server: ServerCode,
): Promise<Origin> {
  checkMigrationResults(application.resources)
  const { receivers } = application
  if (receivers !== undefined && config.webhookKeys.length === 0)
    throw new Error(
      'WEBHOOK_KEY is not set, and the application has receivers of webhooks: set it to 43 random characters or more.',
    )
  const logger = createLogger(config.logLevel)
  const tls = config.tls && (await readTls(config.tls))
  // Loaded late: nobody else has to wait for OpenTelemetry's modules.
  const tracing = config.tracing && (await import('./observe/otlp-tracing.ts')).openTracing(config.tracing)
  const verifier = new AssertionVerifier(await loadEdgeKeys(config.edgeKeys))
  const keys = watchEdgeKeys(
    config.edgeKeys,
    (keySet) => {
      verifier.setKeys(keySet)
      logger.info('the edge’s keys were read again')
    },
    (error) =>
      logger.warn({ reason: error.message }, 'the edge’s keys cannot be read: the last good ones stay'),
  )
  const poolRoom = new PoolRoom()
  let onPool: (observation: PoolObservation) => void = () => {}
  const observePool = (observation: PoolObservation): void => {
    poolRoom.onPool(observation, performance.now())
    onPool(observation)
  }
  const pool = await openDatabase(config, observePool)
  const admission = openAdmission()
  const hasOtherWork = (): boolean => isBusy(admission.load(performance.now()))
  const times = new RequestTimes(() => performance.now())
  /** Stop this process's part in each job, in the order in which the jobs were started. */
  const stops: (() => Promise<void>)[] = []
  const stopJobs = async (): Promise<void> => {
    for (const stop of stops) await stop()
  }
  try {
    const { poolSize, uri, database } = config.mongodb
    const indexes = await startIndexes({
      db: pool.db,
      bounds: pool.bounds,
      catalogue: application.resources,
      connect: () => openBuildConnection(uri, database),
      ...logIndexes(logger),
    })
    stops.push(indexes.stop)
    const migrations = await startMigrations({
      db: pool.db,
      bounds: pool.bounds,
      catalogue: application.resources,
      unready: indexes.unready.migrations,
      holder: holderName(),
      isBusy: hasOtherWork,
      observe: logMigrations(logger),
    })
    stops.push(migrations.stop)
    const misfits = new Misfits((misfit) =>
      logger.warn(misfit, 'a stored value does not fit the schema of its field: it is not shown'),
    )
    const { repository, commits, records } = openRepository(pool.db, {
      layouts: layoutsOf(application.resources, misfits.add),
      lanes: joined(poolSize),
      transactionsMax: Math.max(1, poolSize >> 2),
      bounds: pool.bounds,
      primary: pool.primary,
      unready: indexes.unready,
      traceCommand: bothCommands(times.command, tracing?.command),
      // Otherwise a pool that is too small would show no wait: its lanes keep their batches.
      onRoomWait: (waitMs) => observePool({ kind: 'checkedOut', waitMs }),
    })
    const health = new Health({
      ping: () => pool.ping(1_000),
      hasPoolRoom: () => poolRoom.hasRoom(performance.now()),
      commands: pool.bounds,
      unreadyIndexes: () => indexes.unready.names,
      now: () => performance.now(),
    })
    const events = startEvents({
      db: pool.db,
      bounds: pool.bounds,
      catalogue: application.resources,
      unreadyIndexes: () => indexes.unready.names,
      isBusy: hasOtherWork,
      holder: holderName(),
      observe: logEvents(logger),
    })
    stops.push(events.stop)
    const deliveries = new DeliveryTotals()
    const background = {
      db: pool.db,
      store: new DeliveryStore(pool.db, pool.bounds),
      log: new ChangeLog(pool.db, pool.bounds),
      isReady: () => !indexes.unready.names.some(isOfDeliveries),
      isBusy: hasOtherWork,
      totals: deliveries,
      holder: holderName(),
      observe: logDeliveries(logger),
    }
    const purges = startPurges({
      edge: config.edge,
      isNeeded: server.handlers.length + server.schedules.length > 0,
      logger,
    })
    const secrets = new ReceiverSecrets(config.webhookKeys)
    const stored = new StoredReceivers(pool.db, pool.bounds)
    const metrics = new Metrics({
      admission: () => admission.snapshot(performance.now()),
      pool: () => ({ size: poolSize, open: pool.open, inUse: pool.inUse }),
      commandsGivenUp: () => pool.bounds.givenUp,
      lanes: () => records.counts(),
      unreadyIndexes: () => indexes.unready.names.length,
      misfits: () => misfits.totals(),
      events: () => events,
      deliveries: () => deliveries.all(),
      purgesWaiting: () => purges?.waiting,
      isDraining: () => health.isDraining,
      slo: application.slo,
    })
    onPool = (observation) => metrics.onPool(observation)
    const requestLog = new RequestLog(logger)
    const work = new SystemWork({
      catalogue: application.resources,
      repository,
      commits,
      guards: server.guards,
      purges,
    })
    const resource = apiKeysIn(application.resources)
    const lastUse =
      resource &&
      new LastUse({
        ...{ resource, work, clock: Date.now },
        onFailure: (reason) => logger.warn({ reason }, 'the last use of an API key was not noted'),
      })
    if (lastUse !== undefined) stops.push(() => lastUse.stop())
    const app = await createApp({
      ...(lastUse !== undefined && { onKeyUse: (ids: readonly string[]) => lastUse.note(ids) }),
      countUsage: countUsage(pool.db, pool.bounds),
      listTimeoutMs: config.mongodb.listTimeoutMs,
      isCertain: (beganAtMs) => pool.primary.isCertain(beganAtMs),
      application,
      server: withReceivers(server, receivers, {
        ...{ secrets, deliveries: background.store, log: background.log, stored, allowsPrivate: false },
        known: [...application.resources.values()].flatMap(({ name, events }) => (events ? [name] : [])),
      }),
      repository,
      commits,
      changes: readChanges(pool.db, pool.bounds),
      history: new HistoryLog(pool.db, pool.bounds),
      verifier,
      admission,
      health,
      metrics,
      requestLog,
      tracing,
      times,
      tls,
    })
    stops.push(startHandlers({ ...background, handlers: server.handlers, work }))
    stops.push(
      startWebhooks({
        ...{ ...background, catalogue: application.resources },
        sources: [
          new WebhookStore(pool.db, pool.bounds),
          ...(receivers === undefined
            ? []
            : [
                new ReceiverSource({
                  ...{ receivers: stored, deliveries: background.store, work, secrets },
                  ...{ resource: receivers.resource, allowsPrivate: false },
                }),
              ]),
        ],
      }),
    )
    stops.push(
      startSchedules(server.schedules, {
        ...{ db: pool.db, work, holder: background.holder },
        observe: logSchedules(logger),
      }),
    )
    // After those who purge.
    stops.push(async () => purges?.stop())
    await app.listen({ host: config.host, port: config.port, backlog: 2_048 })
    // The cast is safe: the server listens on TCP.
    const port = (app.server.address() as { port: number }).port
    logger.info({ host: config.host, tls: tls !== undefined, port }, 'listening')
    return {
      app,
      metrics,
      port,
      reloadKeys: keys.reload,
      async drain() {
        logger.info('draining')
        health.drain()
        keys.stop()
        // A keep-alive connection becomes idle after its last answer, and nothing else would close it.
        const sweep = setInterval(() => app.server.closeIdleConnections(), 20)
        await app.close()
        clearInterval(sweep)
        await stopJobs()
        await repository.drain()
        await pool.close()
        metrics.stop()
        await tracing?.stop()
        logger.info('drained')
      },
    }
  } catch (error) {
    keys.stop()
    await stopJobs()
    await pool.close()
    throw error
  }
}

async function openDatabase(
  { mongodb }: Config,
  observe: (observation: PoolObservation) => void,
): Promise<Pool> {
  const { uri, database, poolSize, poolWaitTimeoutMs, serverSelectionTimeoutMs } = mongodb
  try {
    return await openPool({
      uri,
      database,
      poolSize,
      waitQueueTimeoutMs: poolWaitTimeoutMs,
      serverSelectionTimeoutMs,
      observe,
    })
  } catch (cause) {
    // The driver's message contains host names. Only `cause` keeps it, for a debugger; it is never printed.
    throw new Error('The database cannot be reached: check MONGODB_URI and that it is running.', { cause })
  }
}

function openAdmission(): AdmissionControl {
  const now = () => performance.now()
  const admission: AdmissionControl = new AdmissionControl({
    limit: new DelayLimit(),
    random: Math.random,
    onActive: () => wake(),
  })
  const wake = ticker({
    intervalMs: 2,
    tick: () => admission.tick(now()),
    isActive: () => admission.isActive,
    schedule: setTimeout,
  })
  return admission
}
