import { MongoClient } from 'mongodb'

/** Removes a database from the server that it is on. */
export async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 })
  await client
    .db(name)
    .dropDatabase()
    .finally(() => client.close())
}
