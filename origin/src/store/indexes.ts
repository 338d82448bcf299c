import {
  type Catalogue,
  type IndexKind,
  isOrdered,
  type Resource,
  storedPathOf,
} from '@spillway/origin/contract'
import type { Db, Document } from 'mongodb'
import { changesCollection } from './change-log.ts'
import type { CommandBounds } from './command-bounds.ts'
import { deliveriesCollection } from './delivery-store.ts'
import { answersCollection } from './envelope.ts'
import { historyCollection } from './history-log.ts'
import { hasOutbox } from './outbox.ts'

/** An index of the database. Names are explicit, so that an error message tells which one was violated. */
export interface IndexPlan {
  readonly collection: string
  readonly name: string
  readonly key: Readonly<Record<string, IndexKind>>
  readonly unique: boolean
  readonly sparse: boolean
  readonly expireAfterSeconds: number | undefined
  /** The same in a resource's own terms, where the collection is adopted. */
  readonly declared?: DeclaredIndex
}

/** A resource, and the fields of an index by its names. */
export interface DeclaredIndex {
  readonly resource: string
  readonly key: Readonly<Record<string, IndexKind>>
}

/** The index in its resource's terms. */
export const declaredOf = ({ collection, key, declared }: IndexPlan): DeclaredIndex =>
  declared ?? { resource: collection, key }

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
 * - An index of documents with events finds those that the log does not have yet, and no others.
 * - The TTL index is sparse, so that documents, which never expire, cost nothing in it.
 * - An adopted collection has neither tombstones nor, therefore, the last two.
 */
export function indexesOf(resource: Resource): readonly IndexPlan[] {
  const { name, indexes, stored } = resource
  const collection = stored?.collection ?? name
  const declared = indexes.map((index) => {
    const { fields, unique = false } = index
    const key = unique || !isOrdered(index) ? fields : { ...fields, _id: Object.values(fields).at(-1) ?? 1 }
    if (stored === undefined) return plan(collection, key, { unique, sparse: unique })
    const paths = Object.entries(key).map(([field, kind]) => [storedPathOf(stored, field), kind] as const)
    const made = plan(collection, Object.fromEntries(paths), { unique, sparse: unique })
    return { ...made, declared: { resource: name, key } }
  })
  if (stored !== undefined) return declared
  const pending = hasOutbox(resource) ? [plan(collection, { '_out.since': 1 }, { sparse: true })] : []
  return [...declared, expiryOf(collection), ...pending]
}

/** Indexes of the log of changes: one finds an event by its id, one those of a resource in order. */
const changesIndexes: readonly IndexPlan[] = [
  plan(changesCollection, { event: 1 }, { unique: true }),
  plan(changesCollection, { resource: 1, _id: 1 }, {}),
  plan(changesCollection, { _expires: 1 }, { expireAfterSeconds: 0 }),
]

/** Indexes of undelivered events: one finds those of a subscriber in order. */
const deliveriesIndexes: readonly IndexPlan[] = [
  plan(deliveriesCollection, { subscriber: 1, state: 1, position: 1 }, {}),
  plan(deliveriesCollection, { _expires: 1 }, { expireAfterSeconds: 0 }),
]

/** Indexes of the history: one finds the records that name a subject. Records of a document are found by their ids. */
const historyIndexes: readonly IndexPlan[] = [
  plan(historyCollection, { subjects: 1 }, { sparse: true }),
  plan(historyCollection, { _expires: 1 }, { expireAfterSeconds: 0 }),
]

const expiryOf = (collection: string): IndexPlan =>
  plan(collection, { _expires: 1 }, { sparse: true, expireAfterSeconds: 0 })

/** Indexes of each collection: of resources, stored answers, the log of changes, deliveries and the history. */
function* indexesByCollection(catalogue: Catalogue): Generator<[string, readonly IndexPlan[]]> {
  const byCollection = Map.groupBy(catalogue.values(), ({ name, stored }) => stored?.collection ?? name)
  for (const [collection, resources] of byCollection) yield [collection, resources.flatMap(indexesOf)]
  const hasActions = [...catalogue.values()].some(({ actions }) => actions.size > 0)
  const hasEvents = [...catalogue.values()].some(hasOutbox)
  // Handlers of events store answers, too: the marks of what they have done.
  if (hasActions || hasEvents) yield [answersCollection, [expiryOf(answersCollection)]]
  if (!hasEvents) return
  yield [changesCollection, changesIndexes]
  yield [deliveriesCollection, deliveriesIndexes]
  if ([...catalogue.values()].some(({ history }) => history !== undefined))
    yield [historyCollection, historyIndexes]
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
  const changes: { [Kind in keyof IndexChanges]: IndexChanges[Kind][number][] } = {
    keep: [],
    create: [],
    replace: [],
    drop: [],
  }
  for (const [collection, plans] of indexesByCollection(catalogue)) {
    const existing = new Map(
      (await bounded(bounds, () => existingIndexes(db, collection))).map((index) => [
        // The cast is safe: the database gives every index a name.
        index.name as string,
        index,
      ]),
    )
    existing.delete('_id_')
    const isForeign = plans.some(({ declared }) => declared !== undefined) || isStored(catalogue, collection)
    for (const wanted of plans) {
      if (wanted.declared !== undefined) {
        const isServed = [...existing.values()].some((found) => serves(wanted, found))
        changes[isServed ? 'keep' : 'create'].push(wanted)
        continue
      }
      const found = existing.get(wanted.name)
      existing.delete(wanted.name)
      if (found === undefined) changes.create.push(wanted)
      else if (isSame(wanted, found)) changes.keep.push(wanted)
      else changes.replace.push(wanted)
    }
    // Only the other application may drop its indexes.
    if (isForeign) continue
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
 *   builds one index at a time so ("Managing Amazon DocumentDB indexes"); MongoDB never locks it, and ignores the
 *   option
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
  const weights: object | undefined = found.weights
  if (weights !== undefined) {
    return JSON.stringify(Object.keys(weights).sort()) === JSON.stringify(Object.keys(key).sort())
  }
  return JSON.stringify(Object.entries(found.key)) === JSON.stringify(Object.entries(key))
}

const isStored = (catalogue: Catalogue, collection: string): boolean =>
  [...catalogue.values()].some(({ stored }) => stored?.collection === collection)

/**
 * Whether the other application's index serves as a declared one, whatever its name: it begins with the same fields in
 * the same order. The `_id` at the end, by which pages are read in index order, may be missing.
 */
function serves(wanted: IndexPlan, found: Document): boolean {
  if (found.partialFilterExpression !== undefined || found.hidden === true) return false
  if (wanted.unique) {
    return found.unique === true && hasSameKey(wanted, found)
  }
  if (found.weights !== undefined || !isOrderedKey(wanted.key)) return hasSameKey(wanted, found)
  if (found.sparse === true) return false
  const fields = Object.entries(wanted.key).filter(([name]) => name !== '_id')
  const entries = Object.entries<unknown>(found.key)
  const isLed = (sign: 1 | -1) =>
    fields.every(([name, kind], index) => {
      const [field, direction] = entries[index] ?? []
      return field === name && direction === sign * Number(kind)
    })
  return isLed(1) || isLed(-1)
}

const isOrderedKey = (key: IndexPlan['key']): boolean =>
  Object.values(key).every((kind) => typeof kind === 'number')

/** Compares keys with the order of their fields, which is part of an index's meaning. */
function isSame(wanted: IndexPlan, found: Document): boolean {
  return (
    hasSameKey(wanted, found) &&
    (found.unique ?? false) === wanted.unique &&
    (found.sparse ?? false) === wanted.sparse &&
    found.expireAfterSeconds === wanted.expireAfterSeconds
  )
}
