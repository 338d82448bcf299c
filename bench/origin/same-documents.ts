import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type ProcessUsage, usageOf } from '../measure/process-table.ts'
import type { Stage } from './stage.ts'

const copy = 'places_as_loaded'

/** Keeps the places of a database as they are, for {@link putBack}. */
export async function keepAsLoaded(uri: string, database: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client
    .db(database)
    .collection('places')
    .aggregate([{ $out: copy }])
    .toArray()
}

/**
 * Puts back the places as they were kept, their indexes built anew: the faster subject would be measured on the larger
 * collection, and one from which documents were deleted goes on carrying them for minutes.
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
 * Has a database write out what is left to write (its next checkpoint would fall on whoever is measured then), and waits
 * until it has come to rest.
 *
 * @throws Error where it does not, or has ended
 */
export async function bringToRest({ uri, pid }: Stage['database']): Promise<void> {
  await using client = new MongoClient(uri)
  await client.db('admin').command({ fsync: 1 })
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
