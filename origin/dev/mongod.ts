import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type Child, describeExit, type Exit, startChild } from './child.ts'
import { mongodBinary } from './mongod-binary.ts'
import { freePort } from './ports.ts'

/**
 * The embedded database: a real `mongod`. It is not started by mongodb-memory-server, because its data must outlive it,
 * failover tests need its process, and a port that changes between starts must not orphan its replica set.
 */

export interface MongodOptions {
  /**
   * Folder of the data files (a subfolder per release series), which is kept. @default a temporary folder, deleted at
   * the end
   */
  readonly dataFolder?: string
  /** @default any free port */
  readonly port?: number
  /** Whether it gets the memory of a database under measurement, instead of that of a laptop. @default false */
  readonly isMeasured?: boolean
  /** Whether tests can make commands fail (`failCommand`). @default false */
  readonly failPoints?: boolean
  /**
   * Whether a majority acknowledges a write once it is in memory, not once it is on the disk: for tests whose server is
   * never started again, so that nothing reads what is on its disk. A write takes half of the CPU time then, and less
   * than half of the time. @default false
   */
  readonly acknowledgesInMemory?: boolean
  /** Called with a line before each slow step. @default none */
  readonly log?: (line: string) => void
  /** Cancels a start. */
  readonly signal?: AbortSignal
  /** Called when it ends without `stop`. */
  readonly onUnexpectedExit?: (reason: string) => void
}

export interface Mongod {
  readonly uri: string
  readonly port: number
  /** `undefined` for a database from MONGODB_URI, which `stop` does not end. */
  readonly pid: number | undefined
  /** Shuts it down, cleanly where its data is kept; resolves when the process has ended. */
  stop(): Promise<void>
}

/** Name of DocumentDB's replica sets. */
export const replicaSetName = 'rs0'

const startTimeoutMs = 60_000
const stopTimeoutMs = 15_000

/**
 * Starts a replica set with one member (majority writes and elections need a set) on the loopback interface, and waits
 * until it accepts writes. With MONGODB_URI set, uses that database and starts nothing.
 *
 * @throws {Error} if no `mongod` is available, the data folder is in use, or it does not accept writes within a minute
 */
export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const given = process.env.MONGODB_URI
  if (given) {
    const port =
      Number(new URL(given.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/]*/, '')).port) || 27017
    return { uri: given, port, pid: undefined, stop: async () => {} }
  }
  const member = await startMember(options)
  try {
    await initiate([member], options)
  } catch (error) {
    await member.stop()
    throw error
  }
  const { port, pid, stop } = member
  return { uri: `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSetName}`, port, pid, stop }
}

/** The database in a connection string's path; the product's name if there is none. */
export const databaseNameOf = (uri: string): string => {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]*)/.exec(uri)?.[1] ?? ''
  return path === '' ? 'spillway' : decodeURIComponent(path)
}

/** One `mongod` that answers commands, not necessarily in a set. */
export interface Member {
  readonly port: number
  readonly pid: number
  readonly child: Child
  stop(): Promise<void>
}

export async function startMember(options: MongodOptions): Promise<Member> {
  const { log = () => {}, signal, onUnexpectedExit } = options
  const { program, series } = await mongodBinary({ log, signal })
  // Retries, because another process may take the free port before it is used.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const temporary =
      options.dataFolder === undefined ? await mkdtemp(join(tmpdir(), 'spillway-mongod-')) : undefined
    // The cast is safe: without a data folder there is a temporary one.
    const folder = temporary ?? join(options.dataFolder as string, series)
    await mkdir(folder, { recursive: true })

    const { promise: listening, resolve: markListening } = Promise.withResolvers<'listening'>()
    const child = await startChild({
      name: 'mongod',
      command: program,
      args: [
        ...mongodArgs(folder, port),
        ...(options.isMeasured ? measuredArgs : smallArgs),
        ...(options.failPoints ? failPointArgs : []),
      ],
      onLine: (line) => line.includes('"Waiting for connections"') && markListening('listening'),
    })
    let isStopping = false
    const stop = async () => {
      isStopping = true
      // A clean shutdown writes all data out, of which nothing is kept in a temporary folder.
      if (temporary !== undefined) child.signal('SIGKILL')
      await child.stop(stopTimeoutMs)
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
    }

    const timeout = sleep(startTimeoutMs, undefined, { ref: false })
    const outcome = await Promise.race([listening, child.exited, timeout])
    if (outcome === 'listening') {
      void child.exited.then((exit) => {
        if (!isStopping) onUnexpectedExit?.(`mongod ${describeExit(exit)}\n${child.tail(5)}`)
      })
      return { port, pid: child.pid, child, stop }
    }
    await stop()
    if (outcome === undefined) throw new Error(`mongod did not listen within ${startTimeoutMs / 1000} s`)
    const isPortTaken = /address already in use/i.test(child.tail())
    if (isPortTaken && options.port === undefined && attempt < 3) continue
    throw new Error(reasonOf(child.tail(), outcome))
  }
}

const mongodArgs = (folder: string, port: number) => [
  ...['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
  ...['--replSet', replicaSetName, '--storageEngine', 'wiredTiger'],
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  // By default a primary waits 15 s at shutdown for clients to find another one.
  ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
]

/** Small, so that edge and origin have the machine to themselves. */
const smallArgs = ['--oplogSize', '64', '--wiredTigerCacheSizeGB', '0.5']

/**
 * As large as in production. The small database spends a third of its CPU time on evicting its cache, which would
 * distort measurements.
 */
const measuredArgs = ['--oplogSize', '1024', '--wiredTigerCacheSizeGB', '2']

const failPointArgs = ['--setParameter', 'enableTestCommands=1']

/** Reads the reason from the log, in which each line is a JSON object with a severity. */
function reasonOf(output: string, exit: Exit): string {
  if (output.includes('DBPathInUse')) {
    return 'The database folder is in use: another `npm start` of this checkout is running. Stop that one first.'
  }
  const lines = output.split('\n')
  const fatal = lines.filter((line) => /"s":"[EF]"/.test(line))
  return [`mongod ${describeExit(exit)}`, ...(fatal.length > 0 ? fatal : lines).slice(-5)].join('\n')
}

/**
 * Initiates a replica set and waits for a primary that accepts writes. A data folder contains the set's addresses, so a
 * changed port needs a forced reconfiguration: without a primary there is no other way.
 */
export async function initiate(
  members: readonly Member[],
  { signal, acknowledgesInMemory = false }: Pick<MongodOptions, 'signal' | 'acknowledgesInMemory'> = {},
): Promise<void> {
  // The cast is safe: a set has at least one member.
  const [first] = members as [Member]
  const client = new MongoClient(`mongodb://127.0.0.1:${first.port}`, {
    directConnection: true,
    serverSelectionTimeoutMS: startTimeoutMs,
  })
  const wanted = members.map(({ port }, _id) => ({ _id, host: `127.0.0.1:${port}` }))
  // Elections in tests should take one second instead of ten.
  const settings = { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 }
  try {
    await client.connect()
    const admin = client.db('admin')
    const kept = await client.db('local').collection('system.replset').findOne()
    if (kept === null) {
      const journal = { writeConcernMajorityJournalDefault: !acknowledgesInMemory }
      await admin.command({
        replSetInitiate: { _id: replicaSetName, members: wanted, settings, ...journal },
      })
    } else if (kept.members[0].host !== wanted[0]?.host) {
      const config = { ...kept, version: kept.version + 1, members: wanted }
      await admin.command({ replSetReconfig: config, force: true })
    }
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      const hello = await admin.command({ hello: 1 })
      if (hello.isWritablePrimary) return
      // With several members, any primary will do.
      if (members.length > 1 && hello.primary) return
      signal?.throwIfAborted()
      if (Date.now() > deadline) throw new Error(`no primary in ${startTimeoutMs / 1000} s`)
      await sleep(50)
    }
  } finally {
    await client.close()
  }
}
