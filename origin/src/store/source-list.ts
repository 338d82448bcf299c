import { BSON, type Collection, type Document } from 'mongodb'
import type { RecordLayout } from './codec/record-layout.ts'
import type { Listing } from './listing.ts'
import { firstReply, type ListOptions, moreThanOneReply, openList } from './open-list.ts'

/** An adopted collection, and the options of reads from it. */
export interface SourceReading {
  readonly collection: Collection
  readonly layout: RecordLayout
  readonly options: ListOptions
}

/** One reply of the database, in bytes: the largest document. */
const replyBytes = 16 * 1024 * 1024

/**
 * Adopted documents, up to a limit and in order. A document that no id can name is left out of answers, and would make
 * a page short, or look like the last. Such a page is read again, without end, until it is full.
 */
export async function sourceList(source: SourceReading, listing: Listing): Promise<Document[]> {
  const { collection, layout } = source
  const options = { ...source.options, promoteValues: false }
  const cursor = openList(collection, listing, options)
  const found: Document[] = listing.inOneReply ? await firstReply(cursor) : await cursor.toArray()
  const isFull = found.length >= listing.limit
  return isFull && !found.every((document) => layout.isAddressable(document))
    ? untilFull({ ...source, options }, listing)
    : layout.addressable(found)
}

async function untilFull({ collection, layout, options }: SourceReading, listing: Listing) {
  const { limit, pipeline, inOneReply, ...rest } = listing
  const endless = pipeline?.filter(({ $limit }) => $limit === undefined)
  const cursor = openList(collection, endless ? { ...rest, pipeline: endless } : rest, options)
  const found: Document[] = []
  let bytes = 0
  try {
    for await (const document of cursor) {
      const [one] = layout.addressable([document])
      if (one === undefined) continue
      found.push(one)
      if (inOneReply) bytes += BSON.calculateObjectSize(one)
      if (bytes > replyBytes) throw moreThanOneReply()
      if (found.length >= limit) break
    }
  } finally {
    await cursor.close()
  }
  return found
}
