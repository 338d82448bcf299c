import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type Child, describeExit, type Exit, startChild } from './child.ts'
import { mongodBinary } from './mongod-binary.ts'
import { freePort } from './ports.ts'

/**
 * The embedded database: a real `mongod`, started by ourselves rather than by mongodb-memory-server, because its data is
 * to outlive it, failover tests need its process, and a port that changes between starts must not orphan its replica set.
 */

export interface MongodOptions {
  /** Folder of the data files (a subfolder for each release series), kept at the end. @default a temporary folder, deleted at the end */
  readonly dataFolder?: string
  /** @default any free port */
  readonly port?: number
  /** Gives it the room that one has which is measured, rather than what a laptop can spare. @default false */
  readonly isMeasured?: boolean
  /** Lets tests have it fail on command (`failCommand`). @default false */
  readonly failPoints?: boolean
  /** Gets a line before each thing that takes time. @default silence */
  readonly log?: (line: string) => void
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
  /** Called when it ends without having been asked to. */
  readonly onUnexpectedExit?: (reason: string) => void
}

export interface Mongod {
  readonly uri: string
  readonly port: number
  /** `undefined`: a database of somebody else's (MONGODB_URI), which `stop` leaves alone. */
  readonly pid: number | undefined
  /** Shuts it down cleanly; gone when it resolves. */
  stop(): Promise<void>
}

/** The name that DocumentDB gives its replica set. */
export const replicaSetName = 'rs0'

const startTimeoutMs = 60_000
const stopTimeoutMs = 15_000

/**
 * Starts a replica set of one (majority writes and change of primary need a set) on the loopback interface, and waits
 * until it takes writes. With MONGODB_URI set, that database is used as it is and nothing is started.
 *
 * @throws Error when no `mongod` can be had, the data folder is in use, or it does not become writable within a minute
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
    await initiate([member], options.signal)
  } catch (error) {
    await member.stop()
    throw error
  }
  const { port, pid, stop } = member
  return { uri: `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSetName}`, port, pid, stop }
}

/** The database that a connection string names in its path; the product's name where it names none. */
export const databaseNameOf = (uri: string): string => {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]*)/.exec(uri)?.[1] ?? ''
  return path === '' ? 'spillway' : decodeURIComponent(path)
}

/** One `mongod` that answers commands; whether it is part of a set is up to the caller. */
export interface Member {
  readonly port: number
  readonly pid: number
  readonly child: Child
  stop(): Promise<void>
}

export async function startMember(options: MongodOptions): Promise<Member> {
  const { log = () => {}, signal, onUnexpectedExit } = options
  const { program, series } = await mongodBinary({ log, signal })
  // Between choosing a free port and listening on it, another process may take it.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const temporary =
      options.dataFolder === undefined ? await mkdtemp(join(tmpdir(), 'spillway-mongod-')) : undefined
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
  // A primary would otherwise wait 15 s at its end for clients to find another one.
  ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
]

/** Small enough to leave the machine to the halves that are under test. */
const smallArgs = ['--oplogSize', '64', '--wiredTigerCacheSizeGB', '0.5']

/**
 * As roomy as a database is that has been chosen for its load. The small one spends a third of its CPU time on making
 * room, which is nobody's cost but the laptop's.
 */
const measuredArgs = ['--oplogSize', '1024', '--wiredTigerCacheSizeGB', '2']

const failPointArgs = ['--setParameter', 'enableTestCommands=1']

/** `mongod` writes one JSON object a line, with a severity each. */
function reasonOf(output: string, exit: Exit): string {
  if (output.includes('DBPathInUse')) {
    return 'The database folder is in use: another `npm start` of this checkout is running. Stop that one first.'
  }
  const lines = output.split('\n')
  const fatal = lines.filter((line) => /"s":"[EF]"/.test(line))
  return [`mongod ${describeExit(exit)}`, ...(fatal.length > 0 ? fatal : lines).slice(-5)].join('\n')
}

/**
 * Makes the members one replica set and waits for a primary that takes writes. A data folder remembers the set's
 * addresses, so a port that has changed since is a forced reconfiguration: there is no primary to ask.
 */
export async function initiate(members: readonly Member[], signal?: AbortSignal): Promise<void> {
  const [first] = members as [Member]
  const client = new MongoClient(`mongodb://127.0.0.1:${first.port}`, {
    directConnection: true,
    serverSelectionTimeoutMS: startTimeoutMs,
  })
  const wanted = members.map(({ port }, _id) => ({ _id, host: `127.0.0.1:${port}` }))
  // Elections in tests are to take a second, not ten.
  const settings = { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 }
  try {
    await client.connect()
    const admin = client.db('admin')
    const kept = await client.db('local').collection('system.replset').findOne()
    if (kept === null) {
      await admin.command({ replSetInitiate: { _id: replicaSetName, members: wanted, settings } })
    } else if (kept.members[0].host !== wanted[0]?.host) {
      const config = { ...kept, version: kept.version + 1, members: wanted }
      await admin.command({ replSetReconfig: config, force: true })
    }
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      const hello = await admin.command({ hello: 1 })
      if (hello.isWritablePrimary) return
      // With several members, whichever was elected will do.
      if (members.length > 1 && hello.primary) return
      signal?.throwIfAborted()
      if (Date.now() > deadline) throw new Error(`no primary in ${startTimeoutMs / 1000} s`)
      await sleep(50)
    }
  } finally {
    await client.close()
  }
}
