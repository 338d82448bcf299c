import { type Db, MongoClient, type MongoClientOptions } from 'mongodb'
import { fateOf } from './database-error.ts'

/** What happens to the connections, for logs and metrics. */
export type PoolObservation =
  /** A command had to wait this long for a connection: the first sign that the pool is too small for the load. */
  | { readonly kind: 'checkedOut'; readonly waitMs: number }
  | { readonly kind: 'checkOutFailed'; readonly waitMs: number; readonly reason: string }
  | { readonly kind: 'opened' | 'closed' }
  /** All connections were given up: the server failed, or is no longer the primary. */
  | { readonly kind: 'cleared' }

export interface PoolOptions {
  readonly uri: string
  readonly database: string
  /** Connections that this process may open: its share of the budget. */
  readonly poolSize: number
  /** How long a command may wait for a connection, in ms. @default 500 */
  readonly waitQueueTimeoutMs?: number
  /** How long a command may wait for a primary, in ms. @default 800, so that a request learns of it in time */
  readonly serverSelectionTimeoutMs?: number
  /** How long to look for a primary at the start, in ms. @default 10 000 */
  readonly connectTimeoutMs?: number
  readonly observe?: (observation: PoolObservation) => void
}

/**
 * Connections to each server beside the pool: the driver watches a server over one of its own. A process therefore
 * counts as `poolSize` connections plus one on every instance of the cluster.
 */
export const monitoringConnections = 1

/** The only `MongoClient` of a process. */
export interface Pool {
  readonly db: Db
  /** Connections in use and open, to every server together. */
  readonly inUse: number
  readonly open: number
  /** Whether the primary answers. Costs a round trip. */
  ping(timeoutMs: number): Promise<boolean>
  close(): Promise<void>
}

/** @throws MongoServerSelectionError when no primary is found within `connectTimeoutMs` */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { uri, database, poolSize, observe = () => {} } = options
  if (!Number.isInteger(poolSize) || poolSize < 1)
    throw new RangeError(`poolSize ${poolSize}: want 1 or more`)
  const client = new MongoClient(uri, clientOptions(options))
  let inUse = 0
  let open = 0
  client
    .on('connectionCreated', () => {
      open += 1
      observe({ kind: 'opened' })
    })
    .on('connectionClosed', () => {
      open = Math.max(0, open - 1)
      observe({ kind: 'closed' })
    })
    .on('connectionCheckedOut', ({ durationMS }) => {
      inUse += 1
      observe({ kind: 'checkedOut', waitMs: durationMS })
    })
    .on('connectionCheckedIn', () => {
      inUse -= 1
    })
    .on('connectionCheckOutFailed', ({ durationMS, reason }) => {
      observe({ kind: 'checkOutFailed', waitMs: durationMS, reason })
    })
    .on('connectionPoolCleared', () => observe({ kind: 'cleared' }))
  await connect(client, options.connectTimeoutMs ?? 10_000)
  const db = client.db(database)
  return {
    db,
    get inUse() {
      return inUse
    },
    get open() {
      return open
    },
    async ping(timeoutMs) {
      try {
        await client.db('admin').command({ ping: 1, maxTimeMS: timeoutMs }, { readPreference: 'primary' })
        return true
      } catch {
        return false
      }
    },
    close: () => client.close(),
  }
}

/** Requests give up on a missing primary at once; a process that starts has more patience. */
async function connect(client: MongoClient, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      await client.connect()
      return
    } catch (error) {
      const fate = fateOf(error)
      if ((fate !== 'notSent' && fate !== 'crowded') || performance.now() > deadline) {
        await client.close()
        throw error
      }
    }
  }
}

/** Everything that matters is said, defaults included: a new version of the driver changes nothing behind our back. */
export function clientOptions({ poolSize, ...options }: PoolOptions): MongoClientOptions {
  return {
    appName: 'spillway-origin',
    maxPoolSize: poolSize,
    // Kept open: a burst must not begin with handshakes, and the budget has counted them anyway.
    minPoolSize: poolSize,
    // As many as may be opened at once: after a failover the pool is back in one round of handshakes.
    maxConnecting: Math.min(poolSize, 4),
    maxIdleTimeMS: 0,
    waitQueueTimeoutMS: options.waitQueueTimeoutMs ?? 500,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? 800,
    connectTimeoutMS: 2_000,
    // Longer than any command of ours may take: it ends waiting for a server that has silently gone.
    socketTimeoutMS: 15_000,
    heartbeatFrequencyMS: 2_000,
    // One connection for watching each server instead of two.
    serverMonitoringMode: 'poll',
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
    // A read may be repeated once by the driver. Writes repeat themselves (settle-writes.ts): DocumentDB before
    // version 8 has no retryable writes.
    retryReads: true,
    retryWrites: false,
    ignoreUndefined: true,
    promoteValues: true,
    monitorCommands: false,
  }
}
