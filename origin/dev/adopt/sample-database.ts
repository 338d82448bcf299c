import type { Db } from 'mongodb'
import { type Adopted, resourceFile } from './resource-file.ts'

export interface SampleOptions {
  /** @default every collection but those of the system and of Spillway */
  readonly collections?: readonly string[]
  /** Documents sampled from each. */
  readonly sampleSize: number
  /** Time limit of one command, in ms. */
  readonly timeoutMs: number
}

/**
 * Samples collections and writes a resource file for each. Only reads: `listCollections`, `listIndexes`, and `$sample`.
 *
 * @throws {Error} if a named collection does not exist
 */
export async function sampleDatabase(
  db: Db,
  { collections = [], sampleSize, timeoutMs }: SampleOptions,
): Promise<readonly Adopted[]> {
  const listed = await db.listCollections({}, { maxTimeMS: timeoutMs }).toArray()
  const kinds = new Map(listed.map(({ name, type }) => [name, type ?? 'collection']))
  const missing = collections.filter((name) => !kinds.has(name))
  if (missing.length > 0) {
    throw new Error(
      `no collection '${missing[0]}': there are ${[...kinds.keys()].sort().join(', ') || 'none'}`,
    )
  }
  const isOfUsers = (name: string): boolean => !name.startsWith('system.') && !name.startsWith('_')
  const chosen = collections.length > 0 ? collections : [...kinds.keys()].filter(isOfUsers).sort()
  const adopted: Adopted[] = []
  for (const name of chosen) {
    if (kinds.get(name) !== 'collection') {
      const notes = [`is a ${kinds.get(name)}, not a collection; it is not adopted`]
      adopted.push({ collection: name, file: undefined, source: '', notes })
      continue
    }
    const collection = db.collection(name)
    const options = {
      promoteValues: false,
      maxTimeMS: timeoutMs,
      readPreference: 'secondaryPreferred',
    } as const
    const documents = await collection.aggregate([{ $sample: { size: sampleSize } }], options).toArray()
    adopted.push(resourceFile(name, documents, await collection.listIndexes().toArray()))
  }
  return adopted
}
