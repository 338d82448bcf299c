import { MongoClient } from 'mongodb'
import type { Run } from '../measure/run.ts'
import { type Sampler, startSampler } from '../measure/sampler.ts'

/** `appName` of the origin's connections (`store/pool.ts`). */
export const appName = 'spillway-origin'

/**
 * Connections that the database itself counts (`serverStatus().connections.current`), minus those of the bench and
 * those of `mongod` to itself, which vary.
 *
 * @param everyMs time between two readings
 */
export async function watchDatabaseConnections(run: Run, uri: string, everyMs: number): Promise<Sampler> {
  const client = new MongoClient(uri, { maxPoolSize: 1, appName: 'spillway-bench' })
  run.closing.defer(() => client.close())
  await client.connect()
  const admin = client.db('admin')
  const sampler = startSampler(async () => {
    const clients = await admin.aggregate<{ client?: string; appName?: string }>(everyConnection).toArray()
    const { connections } = await admin.command({ serverStatus: 1 })
    const others = clients.filter((each) => each.client !== undefined && each.appName !== appName)
    return connections.current - others.length
  }, everyMs)
  run.closing.defer(() => sampler.stop())
  return sampler
}

const everyConnection = [{ $currentOp: { allUsers: true, idleConnections: true } }]
