import { MongoClient } from 'mongodb'

/** Ids of the places in a database, in the order of the ids, so that two runs ask for the same ones. */
export async function placeIds(uri: string, database: string): Promise<readonly string[]> {
  const client = new MongoClient(uri)
  try {
    const places = client.db(database).collection<{ _id: string }>('places')
    const found = await places.find({}, { projection: { _id: 1 }, sort: { _id: 1 } }).toArray()
    if (found.length === 0) throw new Error('there are no places: seeding has loaded nothing')
    return found.map(({ _id }) => _id)
  } finally {
    await client.close()
  }
}
