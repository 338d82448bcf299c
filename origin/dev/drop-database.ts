import { MongoClient } from 'mongodb'

/** Drops a database. */
export async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 })
  await client
    .db(name)
    .dropDatabase()
    .finally(() => client.close())
}
