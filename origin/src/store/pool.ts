import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb'
import { type CommandBounds, createCommandBounds } from './command-bounds.ts'
import { fateOf } from './database-error.ts'
import { repairDriver } from './driver-repair.ts'
import { type PrimaryGate, watchPrimary } from './primary-gate.ts'

/** Events of the connections, for logs and metrics. */
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
  /**
   * Connections in use and open, to the server that has most of them: `poolSize` is the bound of each. The driver keeps a
   * pool for every member, of which requests use the primary's.
   */
  readonly inUse: number
  readonly open: number
  /** Knowledge of the primary. */
  readonly primary: PrimaryGate
  /** Ends commands that do not end by themselves. */
  readonly bounds: CommandBounds
  /** Whether the primary answers. Costs a round trip. */
  ping(timeoutMs: number): Promise<boolean>
  /** Ends in bounded time, whatever the driver has still to say to its servers. */
  close(): Promise<void>
}

/** How long the driver may take to say goodbye to its servers, in ms. What it says only frees memory there sooner. */
const closeTimeoutMs = 2_000

/** @throws MongoServerSelectionError when no primary is found within `connectTimeoutMs` */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { uri, database, poolSize, observe = () => {} } = options
  if (!Number.isInteger(poolSize) || poolSize < 1)
    throw new RangeError(`poolSize ${poolSize}: want 1 or more`)
  repairDriver()
  const client = new MongoClient(uri, clientOptions(options))
  const bounds = createCommandBounds()
  const primary = watchPrimary(client, bounds)
  const inUse = new CountByServer()
  const open = new CountByServer()
  client
    .on('connectionCreated', ({ address }) => {
      open.add(address, 1)
      observe({ kind: 'opened' })
    })
    .on('connectionClosed', ({ address }) => {
      open.add(address, -1)
      observe({ kind: 'closed' })
    })
    .on('connectionCheckedOut', ({ address, durationMS }) => {
      inUse.add(address, 1)
      observe({ kind: 'checkedOut', waitMs: durationMS })
    })
    .on('connectionCheckedIn', ({ address }) => inUse.add(address, -1))
    .on('connectionCheckOutFailed', ({ durationMS, reason }) => {
      observe({ kind: 'checkOutFailed', waitMs: durationMS, reason })
    })
    .on('connectionPoolCleared', () => observe({ kind: 'cleared' }))
  const close = () => bounds.run(closeTimeoutMs, () => client.close()).catch(() => {})
  await connect(client, { timeoutMs: options.connectTimeoutMs ?? 10_000, bounds, close })
  const db = client.db(database)
  return {
    db,
    primary,
    bounds,
    get inUse() {
      return inUse.most
    },
    get open() {
      return open.most
    },
    async ping(timeoutMs) {
      const command = { ping: 1, maxTimeMS: timeoutMs }
      try {
        await bounds.run(timeoutMs, (signal) =>
          client.db('admin').command(command, { readPreference: 'primary', signal }),
        )
        return true
      } catch {
        return false
      }
    },
    close,
  }
}

class CountByServer {
  readonly #counts = new Map<string, number>()

  get most(): number {
    return Math.max(0, ...this.#counts.values())
  }

  /** A server without connections is forgotten: members come and go. */
  add(address: string, change: 1 | -1): void {
    const count = (this.#counts.get(address) ?? 0) + change
    if (count > 0) this.#counts.set(address, count)
    else this.#counts.delete(address)
  }
}

/** Longer than the driver takes to find a primary and to get a connection, which have bounds of their own, in ms. */
const connectBoundMs = 5_000

interface Connecting {
  readonly timeoutMs: number
  readonly bounds: CommandBounds
  readonly close: () => Promise<void>
}

/** Requests give up on a missing primary at once; a process that starts has more patience. */
async function connect(client: MongoClient, { timeoutMs, bounds, close }: Connecting): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      await bounds.run(connectBoundMs, () => client.connect())
      return
    } catch (error) {
      const fate = fateOf(error)
      // A connection that breaks on the way has cost nothing here: only who is refused need not ask again.
      if (fate === 'refused' || performance.now() > deadline) {
        await close()
        throw error
      }
      await sleep(50)
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
