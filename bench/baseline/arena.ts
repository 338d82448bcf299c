import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Issuer, startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { startMongod } from '@spillway/origin/dev/mongod'
import { buildIndexes, seed } from '@spillway/origin/dev/seed'
import { MongoClient } from 'mongodb'
import type { KnownDocument } from '../load/request.ts'
import type { Run } from '../measure/run.ts'
import type { StoredPlace } from '../peers/place.ts'
import { copyPlaces } from '../peers/start-peer.ts'
import { makePlaceIndexes } from './place-indexes.ts'

/** Parts that all designs share: the data, the users' tokens, and the database behind the scaled one. */
export interface Arena {
  readonly application: WhichApplication
  readonly issuer: Issuer
  readonly mongod: { readonly uri: string; readonly port: number; readonly pid: number }
  /** The origin's data, and the same documents as the other designs store them; empty for another application. */
  readonly databases: { readonly spillway: string; readonly others: string }
  /** The largest places first; empty for another application. */
  readonly documents: readonly KnownDocument[]
  /** Folder of the processes' logs. */
  readonly logFolder: string
}

/** Starts all parts, which end with the run. */
export async function setArena(
  { closing, progress }: Pick<Run, 'closing' | 'progress'>,
  application: WhichApplication = 'own',
): Promise<Arena> {
  progress('starting the database, loading the seed')
  const mongod = await startMongod()
  closing.defer(() => mongod.stop())
  const { uri, port, pid } = mongod
  if (pid === undefined) throw new Error('this bench scales a database of its own: unset MONGODB_URI')
  const name = `story_${randomUUID().slice(0, 8)}`
  const databases = { spillway: name, others: `${name}_others` }
  const data = { databaseUri: uri, databaseName: databases.spillway, application }
  await seed(data)
  // A build takes connections beside those of the pool, which the run counts.
  await buildIndexes(data)
  if (application === 'own') {
    await copyPlaces(uri, databases.spillway, databases.others)
    await makePlaceIndexes(uri, databases.others)
  }
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-story-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  const documents = await documentsOf(uri, databases.others)
  return { application, issuer, mongod: { uri, port, pid }, databases, documents, logFolder }
}

async function documentsOf(uri: string, database: string): Promise<readonly KnownDocument[]> {
  const client = new MongoClient(uri)
  try {
    const places = client.db(database).collection<StoredPlace>('places')
    const found = await places.find().sort({ population: -1, _id: -1 }).toArray()
    return found.map(({ _id, countryCode }) => ({ id: _id, filterValue: countryCode }))
  } finally {
    await client.close()
  }
}
