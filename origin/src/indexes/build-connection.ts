import { MongoClient } from 'mongodb'
import { clientOptions } from '../store/pool.ts'
import type { BuildConnection } from './index-job.ts'

/** A connection beside the pool, for commands that take as long as a collection is large. */
export async function openBuildConnection(uri: string, database: string): Promise<BuildConnection> {
  const client = new MongoClient(uri, {
    ...clientOptions({ uri, database, poolSize: 1, waitQueueTimeoutMs: 0, serverSelectionTimeoutMs: 10_000 }),
    appName: 'spillway-indexes',
    socketTimeoutMS: 0,
  })
  await client.connect()
  return { db: client.db(database), close: () => client.close() }
}
