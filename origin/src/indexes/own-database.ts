import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'

/** Collections of the framework itself: a database that has one has been given to it. */
const ownCollections: readonly string[] = ['_jobs', '_seeds', '_answers']

/**
 * Whether a database is Spillway's to build indexes in: it is empty, or has a collection of the framework, or records of
 * the application. Any other belongs to somebody else until `npm run migrate -- --run` is called, which leaves `_jobs`.
 */
export async function isOwnDatabase(db: Db, catalogue: Catalogue): Promise<boolean> {
  const listed = await db.listCollections({}, { nameOnly: true }).toArray()
  const names = listed.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  if (names.length === 0 || ownCollections.some((name) => names.includes(name))) return true
  for (const { name, stored } of catalogue.values()) {
    if (stored !== undefined || !names.includes(name)) continue
    const collection = db.collection(name)
    // Every record has a version, and every collection of records the index that removes tombstones.
    const indexes = await collection.listIndexes().toArray()
    if (indexes.some((index) => index.name === '_expires_1')) return true
    if ((await collection.findOne({ _v: { $exists: true } }, { projection: { _id: 1 } })) !== null)
      return true
  }
  return false
}
