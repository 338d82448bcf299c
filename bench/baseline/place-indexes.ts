import { MongoClient } from 'mongodb'

/** The index that lists by country want, largest place first: no design is to lose because nobody made it. */
export async function makePlaceIndexes(uri: string, database: string): Promise<void> {
  const client = new MongoClient(uri)
  try {
    await client.db(database).collection('places').createIndex({ countryCode: 1, population: -1, _id: -1 })
  } finally {
    await client.close()
  }
}
