import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { originEnv } from '@spillway/origin/contract'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { seed } from '@spillway/origin/dev/seed'
import type { Credentials } from '../load/credentials.ts'
import { startMeasuredMongod } from '../measure/measured-mongod.ts'
import { processTree } from '../measure/process-table.ts'
import type { Run } from '../measure/run.ts'
import { placeIds } from '../peers/place-ids.ts'
import { copyPlaces, type PeerName, startPeer } from '../peers/start-peer.ts'
import { applicationLoad } from '../scenarios/application-load.ts'

/** One server under test. */
export interface Subject {
  readonly name: string
  readonly url: string
  /** Processes of the server, without the database. */
  readonly pids: readonly number[]
  readonly credentials: Credentials
  /** Name of the database with its documents. */
  readonly databaseName: string
}

export interface Stage {
  /** Public keys for the edge's assertions, as JSON. */
  readonly edgeKeys: string
  readonly database: { readonly uri: string; readonly pid: number }
  /** Places that every subject has; empty for another application. */
  readonly ids: readonly string[]
  readonly spillway: Subject
  /** The origin with several processes, where they were asked for. */
  readonly several?: Subject
  readonly peers: readonly Subject[]
}

export interface StageOptions {
  readonly peers: readonly PeerName[]
  /** Connections to the database, the same number for each subject. */
  readonly poolSize: number
  /** Further variables of the origin. */
  readonly originEnv?: Readonly<Record<string, string>>
  /** Whether commands of the database can be slowed down. @default false */
  readonly failPoints?: boolean
  /** Runs after the database has started and before the origin does. */
  readonly beforeOrigin?: (databaseUri: string) => Promise<void>
  /** Processes of a second origin, on a database of its own. @default there is none */
  readonly processes?: number
  /** Subjects of the assertions towards the origin. @default 64 */
  readonly subjects?: number
}

export const spillway = 'Spillway'

/** Peers that check the edge's assertion. */
const takesAssertions: ReadonlySet<PeerName> = new Set<PeerName>(['required server'])

/** A database with the application's seed, the origin on it, and the peers each on a copy of it. Ends with the run. */
export async function setStage(run: Run, options: StageOptions): Promise<Stage> {
  const { chosen, closing, progress } = run
  progress('starting the database')
  const mongod = await startMeasuredMongod(run, { failPoints: options.failPoints ?? false })

  progress('loading the seed')
  const databaseName = `bench_${randomUUID().slice(0, 8)}`
  await seed({ databaseUri: mongod.uri, databaseName, application: chosen.which })

  await options.beforeOrigin?.(mongod.uri)

  progress('starting the origin')
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  const key = await createKey(assertionAlgorithm)
  const edgeKeys = JSON.stringify(publicKeySet(key))
  const { subjects = 64, processes } = options
  const startSpillway = async (
    name: string,
    ownDatabase: string,
    env: StageOptions['originEnv'],
  ): Promise<Subject> => {
    const origin = await startOrigin({
      databaseUri: mongod.uri,
      databaseName: ownDatabase,
      edgeKeys,
      logFile: join(logFolder, `${ownDatabase}.log`),
      application: chosen.which,
      env: { NODE_ENV: 'production', [originEnv.poolSize]: String(options.poolSize), ...env },
    })
    closing.defer(() => origin.stop())
    const scopes = chosen.isOwn ? ['places:write'] : applicationLoad(chosen).scopes
    return {
      name,
      url: origin.url,
      pids: processTree(origin.child.pid),
      credentials: { kind: 'assertions', key, subjects, scopes },
      databaseName: ownDatabase,
    }
  }
  const own = await startSpillway(spillway, databaseName, options.originEnv)
  let several: Subject | undefined
  if (processes !== undefined) {
    const ownDatabase = `${databaseName}_several`
    await seed({ databaseUri: mongod.uri, databaseName: ownDatabase, application: chosen.which })
    const env = { ...options.originEnv, [originEnv.processes]: String(processes) }
    several = await startSpillway(`${spillway}, ${processes} processes`, ownDatabase, env)
  }

  const peers: Subject[] = []
  for (const name of options.peers) {
    progress(`starting ${name}`)
    const copyName = `${databaseName}_${peers.length}`
    await copyPlaces(mongod.uri, databaseName, copyName)
    const peer = await startPeer(name, {
      databaseUri: mongod.uri,
      databaseName: copyName,
      poolSize: options.poolSize,
      env: { [originEnv.edgeKeys]: edgeKeys },
    })
    closing.defer(() => peer.stop())
    peers.push({
      name,
      url: peer.url,
      pids: [peer.pid],
      credentials: takesAssertions.has(name) ? own.credentials : { kind: 'none' },
      databaseName: copyName,
    })
  }
  return {
    edgeKeys,
    database: { uri: mongod.uri, pid: mongod.pid },
    ids: chosen.isOwn ? await placeIds(mongod.uri, databaseName) : [],
    spillway: own,
    ...(several !== undefined && { several }),
    peers,
  }
}
