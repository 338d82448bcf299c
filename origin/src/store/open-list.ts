import type { AbstractCursor, AggregationCursor, Collection, Document, FindCursor } from 'mongodb'
import type { Listing } from './listing.ts'

export interface ListOptions {
  readonly maxTimeMS: number
  readonly readPreference: 'primary' | 'secondaryPreferred'
  readonly readConcern: 'majority'
  readonly signal: AbortSignal
  readonly projection?: Document
  /** Whether numbers lose their BSON types. @default true */
  readonly promoteValues?: boolean
}

/** Opens the cursor of a list. @param limit `undefined`: without end */
export function openList<Found extends Document>(
  collection: Collection<Found>,
  { filter, sort, limit, pipeline }: Omit<Listing, 'limit'> & { readonly limit?: number },
  options: ListOptions,
): FindCursor | AggregationCursor<Found> {
  const size = limit === undefined ? {} : { batchSize: limit + 1 }
  if (pipeline !== undefined) return collection.aggregate<Found>([...pipeline], { ...options, ...size })
  // The cast: the driver's type of a filter knows the fields of its documents.
  return collection.find(filter as never, {
    ...options,
    ...size,
    sort,
    ...(limit !== undefined && { limit }),
  })
}

/** All documents of a cursor. @throws {RangeError} where one reply does not hold them */
export async function firstReply<Found>(cursor: AbstractCursor<Found>): Promise<Found[]> {
  const first = await cursor.next()
  const found = first === null ? [] : [first, ...cursor.readBufferedDocuments()]
  const isWhole = cursor.id === undefined || cursor.id.isZero()
  await cursor.close()
  if (isWhole) return found
  throw moreThanOneReply()
}

export const moreThanOneReply = (): RangeError =>
  new RangeError('the list has more than 16 MiB, one reply of the database: lower its limit')
