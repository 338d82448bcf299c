import type { Db, Document } from 'mongodb'
import type { IndexPlan } from '../store/indexes.ts'

/** A value that several documents have, although an index would make it unique. */
export interface Duplicate {
  /** Values by field; an absent one is `null`, as in the index. */
  readonly values: Readonly<Record<string, unknown>>
  /** Number of documents that have it. */
  readonly count: number
  /** Ids of the first of them. */
  readonly ids: readonly unknown[]
}

const valuesMax = 20
const idsMax = 10

/**
 * Values that prevent a unique index, at most {@link valuesMax}, with the ids of their documents. Reads the whole
 * collection. A value inside an array is not found; then the build itself fails and names it.
 */
export async function findDuplicates(db: Db, { collection, key }: IndexPlan): Promise<readonly Duplicate[]> {
  const fields = Object.keys(key)
  // Names of members of a group have no dots, so they are numbered.
  const group = Object.fromEntries(
    fields.map((field, index) => [`f${index}`, { $ifNull: [`$${field}`, null] }]),
  )
  const found = await db
    .collection(collection)
    .aggregate<{ readonly _id: Document; readonly count: number }>(
      [
        // The index is sparse: documents with none of its fields are not in it.
        { $match: { $or: fields.map((field) => ({ [field]: { $exists: true } })) } },
        { $group: { _id: group, count: { $sum: 1 } } },
        { $match: { count: { $gt: 1 } } },
        { $limit: valuesMax },
      ],
      { allowDiskUse: true },
    )
    .toArray()
  const duplicates: Duplicate[] = []
  for (const { _id, count } of found) {
    const values = Object.fromEntries(fields.map((field, index) => [field, _id[`f${index}`]]))
    const conditions = fields.map((field) => ({ [field]: { $eq: values[field] } }))
    const documents = await db
      .collection(collection)
      .find({ $and: conditions }, { projection: { _id: 1 }, sort: { _id: 1 }, limit: idsMax })
      .toArray()
    duplicates.push({ values, count, ids: documents.map((document) => document._id) })
  }
  return duplicates
}
