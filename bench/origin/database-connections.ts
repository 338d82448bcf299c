import { MongoClient } from 'mongodb'
import type { Run } from '../measure/run.ts'
import { type Sampler, startSampler } from '../measure/sampler.ts'

/**
 * Connections that the database itself counts (`serverStatus().connections.current`), less those that were open before
 * the servers under test were started, our own among them.
 *
 * @param everyMs time between two readings
 */
export async function watchDatabaseConnections(run: Run, uri: string, everyMs: number): Promise<Sampler> {
  // One connection to ask with and one that watches the server, both open before the first reading.
  const client = new MongoClient(uri, { maxPoolSize: 1, minPoolSize: 1, serverMonitoringMode: 'poll' })
  run.closing.defer(() => client.close())
  const read = async (): Promise<number> => {
    const { connections } = await client.db('admin').command({ serverStatus: 1 })
    return connections.current
  }
  await client.connect()
  const before = await settled(read)
  const sampler = startSampler(async () => (await read()) - before, everyMs)
  run.closing.defer(() => sampler.stop())
  return sampler
}

/** Connections of processes that have just ended are closed a moment later. */
async function settled(read: () => Promise<number>): Promise<number> {
  let last = await read()
  for (let same = 0; same < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const now = await read()
    same = now === last ? same + 1 : 0
    last = now
  }
  return last
}
