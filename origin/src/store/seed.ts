import type { Catalogue, Seed } from '@spillway/origin/contract'
import type { AnyBulkWriteOperation, Db } from 'mongodb'
import { instantOf, newRecord, type StoredRecord } from './envelope.ts'
import { withShape } from './shapes.ts'

/** Collection with the revisions of loaded seeds. Names of resources start with a letter, so none can collide. */
const markers = '_seeds'
const batchSize = 1_000

export interface LoadSeedOptions {
  /** Milliseconds since the epoch, for `createdAt`. @default Date.now() */
  readonly nowMs?: number
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Loads an application's seed once: documents that were changed or deleted since stay as they are.
 *
 * @returns number of documents added; 0 if this revision was loaded before
 * @throws {TypeError} if the seed names a resource that the application does not have, or one with `stored`
 */
export async function loadSeed(
  db: Db,
  seed: Seed,
  resources: Catalogue,
  { nowMs = Date.now(), onProgress = () => {} }: LoadSeedOptions = {},
): Promise<number> {
  const loaded = db.collection<{ _id: string }>(markers)
  if ((await loaded.findOne({ _id: seed.revision })) !== null) return 0
  const documents = Object.entries(seed.documents())
  const unknown = documents.map(([name]) => name).filter((name) => !resources.has(name))
  if (unknown.length > 0)
    throw new TypeError(`the seed has documents of '${unknown[0]}', which is not a resource`)
  const foreign = documents.find(([name]) => resources.get(name)?.stored !== undefined)
  if (foreign !== undefined)
    throw new TypeError(
      `the seed has documents of '${foreign[0]}', but other applications use its collection, too`,
    )
  const at = instantOf(nowMs)
  const total = documents.reduce((sum, [, ofResource]) => sum + ofResource.length, 0)
  let added = 0
  let done = 0
  for (const [name, ofResource] of documents) {
    const resource = resources.get(name)
    for (let start = 0; start < ofResource.length; start += batchSize) {
      const batch = ofResource.slice(start, start + batchSize)
      const records = batch.map(({ id, ...fields }) => {
        const record = newRecord(id, fields, { writeId: 'seed', at })
        return resource === undefined ? record : withShape(resource, record)
      })
      added += await insertAbsent(db, name, records)
      done += batch.length
      onProgress(done, total)
    }
  }
  const marker = { $setOnInsert: { loadedAt: new Date(nowMs) } }
  await loaded.updateOne({ _id: seed.revision }, marker, { upsert: true })
  return added
}

async function insertAbsent(db: Db, collection: string, records: readonly StoredRecord[]): Promise<number> {
  const operations = records.map(
    ({ _id, ...rest }): AnyBulkWriteOperation<StoredRecord> => ({
      // The cast: the driver's type cannot express a record without its `_id`, which the filter sets.
      updateOne: { filter: { _id }, update: { $setOnInsert: rest as never }, upsert: true },
    }),
  )
  const result = await db.collection<StoredRecord>(collection).bulkWrite(operations, { ordered: false })
  return result.upsertedCount
}
