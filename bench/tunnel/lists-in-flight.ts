import { MongoClient } from 'mongodb'
import type { Run } from '../measure/run.ts'
import { type Sampler, startSampler } from '../measure/sampler.ts'
import { appName } from '../origin/database-connections.ts'

/** Lists of the origin that the database works on (`$currentOp`), ten times a second. */
export async function watchListsInFlight(run: Run, uri: string): Promise<Sampler> {
  const client = new MongoClient(uri, { maxPoolSize: 1, appName: 'spillway-bench' })
  run.closing.defer(() => client.close())
  await client.connect()
  const admin = client.db('admin')
  const sampler = startSampler(async () => (await admin.aggregate(activeLists).toArray()).length, 100)
  run.closing.defer(() => sampler.stop())
  return sampler
}

const activeLists = [
  { $currentOp: { allUsers: true } },
  {
    $match: { appName, active: true, $or: [{ 'command.find': 'places' }, { 'command.aggregate': 'places' }] },
  },
]
