import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type ProcessUsage, usageOf } from '../measure/process-table.ts'
import type { Stage } from './stage.ts'

const copy = 'places_as_loaded'

/** Copies the places of a database, for {@link putBack}. */
export async function keepAsLoaded(uri: string, database: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client
    .db(database)
    .collection('places')
    .aggregate([{ $out: copy }])
    .toArray()
}

/**
 * Restores the copied places and builds their indexes again. Otherwise the faster subject would be measured on the
 * larger collection, and deleted documents would slow the collection down for minutes.
 */
export async function putBack(uri: string, database: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client
    .db(database)
    .collection(copy)
    .aggregate([{ $out: 'places' }])
    .toArray()
}

const stepMs = 100
const idleSteps = 3
const waitMaxMs = 20_000

/**
 * Forces a checkpoint of a database, which would otherwise fall into somebody's measurement, and waits until the
 * database is idle.
 *
 * @throws Error if it does not become idle, or has ended
 */
export async function bringToRest({ uri, pid }: Stage['database']): Promise<void> {
  await using client = new MongoClient(uri)
  await client.db('admin').command({ fsync: 1 })
  // The cast is safe: one process gives one reading.
  const cpuMs = () => (usageOf([pid])[0] as ProcessUsage).cpuMs
  const giveUpAt = Date.now() + waitMaxMs
  let last = cpuMs()
  for (let idle = 0; idle < idleSteps; ) {
    if (Date.now() > giveUpAt) throw new Error(`the database does not come to rest within ${waitMaxMs} ms`)
    await sleep(stepMs)
    const now = cpuMs()
    idle = now - last <= stepMs / 10 ? idle + 1 : 0
    last = now
  }
}
