import { originEnv } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { messageOf } from '../dev/message-of.ts'
import { openBuildConnection } from '../src/indexes/build-connection.ts'
import { repairDriver } from '../src/store/driver-repair.ts'

/**
 * The database that MONGODB_URI and MONGODB_DATABASE name, as for the origin.
 *
 * @throws {Error} without a connection string
 */
export function originDatabase(): { readonly uri: string; readonly database: string } {
  const uri = process.env[originEnv.mongodbUri]
  if (uri === undefined || uri === '')
    throw new Error(`${originEnv.mongodbUri} is not set: set it to a connection string`)
  return { uri, database: process.env[originEnv.mongodbDatabase] || 'spillway' }
}

/**
 * Runs a command with the database that MONGODB_URI and MONGODB_DATABASE name, as for the origin. Ends the program with
 * code 1 if it fails.
 */
export async function withDatabase(command: (db: Db) => Promise<void>): Promise<void> {
  try {
    const { uri, database } = originDatabase()
    repairDriver()
    const { db, close } = await openBuildConnection(uri, database)
    try {
      await command(db)
    } finally {
      await close()
    }
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}
