import { MongoClient } from 'mongodb'

/** Index for lists by country, largest place first. Every design gets it, so that none loses for want of an index. */
export async function makePlaceIndexes(uri: string, database: string): Promise<void> {
  const client = new MongoClient(uri)
  try {
    await client.db(database).collection('places').createIndex({ countryCode: 1, population: -1, _id: -1 })
  } finally {
    await client.close()
  }
}
