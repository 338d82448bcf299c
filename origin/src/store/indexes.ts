import { type Catalogue, type IndexKind, isOrdered, type Resource } from '@spillway/origin/contract'
import type { Db, Document } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { answersCollection } from './envelope.ts'

/** An index of the database. Names are explicit, so that an error message tells which one was violated. */
export interface IndexPlan {
  readonly collection: string
  readonly name: string
  readonly key: Readonly<Record<string, IndexKind>>
  readonly unique: boolean
  readonly sparse: boolean
  readonly expireAfterSeconds: number | undefined
}

/** An index and its collection, in one word. */
export const nameOf = ({ collection, name }: Pick<IndexPlan, 'collection' | 'name'>): string =>
  `${collection}.${name}`

/**
 * Differences between contract and database.
 * - `create`: declared and missing.
 * - `replace`: exists with the same name and another definition; must be dropped and built again.
 * - `drop`: exists and is not declared.
 */
export interface IndexChanges {
  readonly keep: readonly IndexPlan[]
  readonly create: readonly IndexPlan[]
  readonly replace: readonly IndexPlan[]
  readonly drop: readonly { readonly collection: string; readonly name: string }[]
}

/**
 * Indexes of a resource: those of the contract, and one that removes expired tombstones.
 * - An index for lists ends with `_id`, as every sort does, so that a page is read in index order.
 * - A text index has its texts alone.
 * - A unique index is sparse, so that tombstones, which have none of its fields, do not conflict.
 * - The TTL index is sparse, so that documents, which never expire, cost nothing in it.
 */
export function indexesOf({ name: collection, indexes }: Resource): readonly IndexPlan[] {
  const declared = indexes.map((index) => {
    const { fields, unique = false } = index
    const key = unique || !isOrdered(index) ? fields : { ...fields, _id: Object.values(fields).at(-1) ?? 1 }
    return plan(collection, key, { unique, sparse: unique })
  })
  return [...declared, expiryOf(collection)]
}

const expiryOf = (collection: string): IndexPlan =>
  plan(collection, { _expires: 1 }, { sparse: true, expireAfterSeconds: 0 })

/** Indexes of each collection: those of resources, and that of stored answers, if there are actions. */
function* indexesByCollection(catalogue: Catalogue): Generator<[string, readonly IndexPlan[]]> {
  for (const resource of catalogue.values()) yield [resource.name, indexesOf(resource)]
  const hasActions = [...catalogue.values()].some(({ actions }) => actions.size > 0)
  if (hasActions) yield [answersCollection, [expiryOf(answersCollection)]]
}

function plan(
  collection: string,
  key: Readonly<Record<string, IndexKind>>,
  options: { readonly unique?: boolean; readonly sparse?: boolean; readonly expireAfterSeconds?: number },
): IndexPlan {
  const name = Object.entries(key)
    .map(([field, direction]) => `${field}_${direction}`)
    .join('_')
  const { unique = false, sparse = false, expireAfterSeconds } = options
  return { collection, name, key, unique, sparse, expireAfterSeconds }
}

/**
 * Compares contract and database without changing anything.
 * @param bounds time bounds for commands. @default none
 */
export async function planIndexes(
  db: Db,
  catalogue: Catalogue,
  bounds?: CommandBounds,
): Promise<IndexChanges> {
  const changes = {
    keep: [] as IndexPlan[],
    create: [] as IndexPlan[],
    replace: [] as IndexPlan[],
    drop: [] as { collection: string; name: string }[],
  }
  for (const [collection, plans] of indexesByCollection(catalogue)) {
    const existing = new Map(
      (await bounded(bounds, () => existingIndexes(db, collection))).map((index) => [
        index.name as string,
        index,
      ]),
    )
    existing.delete('_id_')
    for (const wanted of plans) {
      const found = existing.get(wanted.name)
      existing.delete(wanted.name)
      if (found === undefined) changes.create.push(wanted)
      else if (isSame(wanted, found)) changes.keep.push(wanted)
      else changes.replace.push(wanted)
    }
    for (const name of existing.keys()) changes.drop.push({ collection, name })
  }
  return changes
}

/**
 * Applies the changes at once. Without `destructive`, nothing is dropped: older processes may still use those indexes
 * when a new one starts. The builds lock their collections, so this is for empty ones; others have a job
 * ({@link ../indexes/index-job.ts}).
 */
export async function applyIndexes(
  db: Db,
  { create, replace, drop }: IndexChanges,
  { destructive, bounds }: { readonly destructive: boolean; readonly bounds?: CommandBounds },
): Promise<void> {
  if (destructive) {
    for (const { collection, name } of [...drop, ...replace])
      await bounded(bounds, () => db.collection(collection).dropIndex(name))
  }
  const missing = destructive ? [...create, ...replace] : create
  for (const [collection, plans] of Map.groupBy(missing, (index) => index.collection)) {
    await bounded(bounds, () => db.command(buildCommand(collection, plans)))
  }
}

/**
 * Command that builds indexes of one collection.
 *
 * @param background whether reads and writes go on meanwhile. Amazon DocumentDB locks the collection otherwise, and
 *   builds one index at a time so ("Managing Amazon DocumentDB indexes"); MongoDB never locks it, and ignores the option
 */
export const buildCommand = (
  collection: string,
  plans: readonly IndexPlan[],
  { background = false }: { readonly background?: boolean } = {},
): Document => ({
  createIndexes: collection,
  indexes: plans.map(({ name, key, unique, sparse, expireAfterSeconds }) => ({
    name,
    key,
    ...(unique && { unique }),
    ...(sparse && { sparse }),
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
    ...(background && { background }),
  })),
})

/** Time limit of an index command, in ms: the same as the pool's `socketTimeoutMS`. */
const commandTimeoutMs = 15_000

const bounded = <Result>(bounds: CommandBounds | undefined, command: () => Promise<Result>) =>
  bounds === undefined ? command() : bounds.run(commandTimeoutMs, command)

const namespaceNotFoundCode = 26

async function existingIndexes(db: Db, collection: string): Promise<readonly Document[]> {
  try {
    return await db.collection(collection).listIndexes().toArray()
  } catch (error) {
    // The cast is safe: the driver throws errors, which may have a code.
    if ((error as { code?: unknown }).code === namespaceNotFoundCode) return []
    throw error
  }
}

/** The database lists a text index with its fields as weights, in an order of its own. */
function hasSameKey({ key }: IndexPlan, found: Document): boolean {
  const { weights } = found as { weights?: object }
  if (weights !== undefined) {
    return JSON.stringify(Object.keys(weights).sort()) === JSON.stringify(Object.keys(key).sort())
  }
  return JSON.stringify(Object.entries(found.key)) === JSON.stringify(Object.entries(key))
}

/** Compares keys with the order of their fields, which is part of an index's meaning. */
function isSame(wanted: IndexPlan, found: Document): boolean {
  return (
    hasSameKey(wanted, found) &&
    (found.unique ?? false) === wanted.unique &&
    (found.sparse ?? false) === wanted.sparse &&
    found.expireAfterSeconds === wanted.expireAfterSeconds
  )
}
