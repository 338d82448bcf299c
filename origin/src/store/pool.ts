import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb'
import { type CommandBounds, createCommandBounds } from './command-bounds.ts'
import { fateOf } from './database-error.ts'
import { repairDriver } from './driver-repair.ts'
import { type PrimaryGate, watchPrimary } from './primary-gate.ts'

/** Events of pool connections, for logs and metrics. */
export type PoolObservation =
  /** A command got a connection after this wait: growing waits are the first sign that the pool is too small. */
  | { readonly kind: 'checkedOut'; readonly waitMs: number }
  | { readonly kind: 'checkOutFailed'; readonly waitMs: number; readonly reason: string }
  | { readonly kind: 'opened' | 'closed' }
  /** All connections were closed: the server failed, or is no longer the primary. */
  | { readonly kind: 'cleared' }

export interface PoolOptions {
  readonly uri: string
  readonly database: string
  /** Maximum connections of this process: its share of the budget. */
  readonly poolSize: number
  /** Time limit for a command to wait for a connection, in ms. @default 500 */
  readonly waitQueueTimeoutMs?: number
  /** Time limit for a command to find a primary, in ms. @default 800, so that a request learns of it in time */
  readonly serverSelectionTimeoutMs?: number
  /** Time limit to find a primary at start, in ms. @default 10 000 */
  readonly connectTimeoutMs?: number
  readonly observe?: (observation: PoolObservation) => void
}

/**
 * Connections to each server beside the pool: the driver monitors a server over one of its own. So a process counts as
 * `poolSize` plus one connection on every instance of the cluster.
 */
export const monitoringConnections = 1

/** The only `MongoClient` of a process. */
export interface Pool {
  readonly db: Db
  /**
   * Connections in use and open, on the server with the most; each is bounded by `poolSize`. The driver has a pool per
   * member; requests use that of the primary.
   */
  readonly inUse: number
  readonly open: number
  /** Gate for reads around a change of primary. */
  readonly primary: PrimaryGate
  /** Time bounds of commands. */
  readonly bounds: CommandBounds
  /** Whether the primary answers. Costs a round trip. */
  ping(timeoutMs: number): Promise<boolean>
  /** Closes all connections in bounded time. */
  close(): Promise<void>
}

/** Time limit for the driver to end its sessions, in ms; doing so only frees the servers' memory sooner. */
const closeTimeoutMs = 2_000

/** @throws {MongoServerSelectionError} if no primary is found within `connectTimeoutMs` */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { uri, database, poolSize, observe = () => {} } = options
  if (!Number.isInteger(poolSize) || poolSize < 1)
    throw new RangeError(`poolSize ${poolSize} must be 1 or more`)
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

  /** Counts connections per server. Removes a server without connections: members of a cluster come and go. */
  add(address: string, change: 1 | -1): void {
    const count = (this.#counts.get(address) ?? 0) + change
    if (count > 0) this.#counts.set(address, count)
    else this.#counts.delete(address)
  }
}

/**
 * Time limit of an attempt to connect, in ms: longer than the driver's own limits for finding a primary and a
 * connection.
 */
const connectBoundMs = 5_000

interface Connecting {
  readonly timeoutMs: number
  readonly bounds: CommandBounds
  readonly close: () => Promise<void>
}

/** Connects at start. Retries until `timeoutMs`, although requests give up on a missing primary sooner. */
async function connect(client: MongoClient, { timeoutMs, bounds, close }: Connecting): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      await bounds.run(connectBoundMs, () => client.connect())
      return
    } catch (error) {
      const fate = fateOf(error)
      // A broken connection has had no effect, so everything but a refusal is retried.
      if (fate === 'refused' || performance.now() > deadline) {
        await close()
        throw error
      }
      await sleep(50)
    }
  }
}

/** Options of the driver, all explicit, so that a new version cannot change a default unnoticed. */
export function clientOptions({ poolSize, ...options }: PoolOptions): MongoClientOptions {
  return {
    appName: 'spillway-origin',
    maxPoolSize: poolSize,
    // Connections stay open, so that a burst does not begin with handshakes; the budget counts them anyway.
    minPoolSize: poolSize,
    // Allows several handshakes at once, so that the pool recovers quickly after a failover.
    maxConnecting: Math.min(poolSize, 4),
    maxIdleTimeMS: 0,
    waitQueueTimeoutMS: options.waitQueueTimeoutMs ?? 500,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? 800,
    connectTimeoutMS: 2_000,
    // Longer than any command may take: ends the wait for a server that is gone without notice.
    socketTimeoutMS: 15_000,
    heartbeatFrequencyMS: 2_000,
    // Uses one connection to monitor each server instead of two.
    serverMonitoringMode: 'poll',
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
    // The driver may retry a read once. Writes are retried by settle-writes.ts, because DocumentDB before version 8 has
    // no retryable writes.
    retryReads: true,
    retryWrites: false,
    ignoreUndefined: true,
    promoteValues: true,
    monitorCommands: false,
  }
}
