import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type ProcessUsage, usageOf } from '../measure/process-table.ts'

/** Ids of the sample data are numbers of GeoNames; whatever is created gets a longer one. */
const sampleIdLengthMax = 12

/**
 * Removes the places that a run has created: the faster subject would be measured on the larger collection, whose indexes
 * cost more with each document.
 */
export async function forgetCreated(uri: string, database: string): Promise<void> {
  const client = new MongoClient(uri)
  try {
    await client
      .db(database)
      .collection('places')
      .deleteMany({ $expr: { $gt: [{ $strLenCP: '$_id' }, sampleIdLengthMax] } })
  } finally {
    await client.close()
  }
}

const stepMs = 100
const idleSteps = 3
const waitMaxMs = 20_000

/**
 * Waits until a database has done what was left to do (journal, eviction), which is not the next subject's to pay.
 *
 * @throws Error where it does not come to rest, or has ended
 */
export async function untilIdle(pid: number): Promise<void> {
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
