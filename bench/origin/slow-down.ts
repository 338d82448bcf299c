import { MongoClient } from 'mongodb'
import { appName } from './database-connections.ts'

/** Makes each command of the origin sleep before it runs, in the thread of its connection, which takes no CPU. */
export async function slowDown(uri: string, byMs: number): Promise<void> {
  const client = new MongoClient(uri)
  try {
    await client.db('admin').command({
      configureFailPoint: 'failCommand',
      mode: 'alwaysOn',
      data: {
        appName,
        failCommands: ['find', 'aggregate', 'insert', 'update', 'delete', 'bulkWrite'],
        blockConnection: true,
        blockTimeMS: byMs,
      },
    })
  } finally {
    await client.close()
  }
}
