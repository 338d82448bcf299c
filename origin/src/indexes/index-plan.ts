import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { LeaseSeeker } from '../jobs/lease.ts'
import { type IndexPlan, nameOf, planIndexes } from '../store/indexes.ts'
import { type Duplicate, findDuplicates } from './duplicates.ts'
import { type IndexNote, indexLease } from './index-job.ts'

/** A step of a release's changes to indexes. */
export type PlannedIndex =
  /**
   * - `build`: missing; built in the background if there are documents.
   * - `replace`: has the declared name and another definition.
   *
   * Duplicates prevent a unique index.
   */
  | {
      readonly kind: 'build' | 'replace'
      readonly index: IndexPlan
      readonly documents: number
      readonly duplicates: readonly Duplicate[]
    }
  | { readonly kind: 'building'; readonly index: IndexPlan; readonly percent: number | null }
  /** Declared no more. `uses`: number of queries that used it on the primary; `undefined` if the database does not tell. */
  | {
      readonly kind: 'remove'
      readonly collection: string
      readonly name: string
      readonly uses: number | undefined
    }

/** Plan of a release's changes to the indexes of a database. Changes nothing. */
export async function planRelease(db: Db, catalogue: Catalogue): Promise<readonly PlannedIndex[]> {
  const options = { db, name: indexLease, holder: '', now: () => performance.now() }
  const record = await new LeaseSeeker<IndexNote>(options).look()
  const note = record?.note
  const { keep, create, replace, drop } = await planIndexes(db, catalogue)
  const planned: PlannedIndex[] = []
  for (const index of [...keep, ...create]) {
    if (nameOf(index) !== note?.building) continue
    planned.push({ kind: 'building', index, percent: note.percent })
  }
  const missing = create.filter((index) => nameOf(index) !== note?.building)
  for (const [kind, indexes] of [
    ['build', missing],
    ['replace', replace],
  ] as const) {
    for (const index of indexes) {
      const documents = await db.collection(index.collection).estimatedDocumentCount()
      const duplicates = index.unique && documents > 0 ? await findDuplicates(db, index) : []
      planned.push({ kind, index, documents, duplicates })
    }
  }
  for (const { collection, name } of drop) {
    planned.push({ kind: 'remove', collection, name, uses: await usesOf(db, collection, name) })
  }
  return planned
}

/** Number of queries that have used an index since the database's start, on the primary. */
export async function usesOf(db: Db, collection: string, name: string): Promise<number | undefined> {
  try {
    const indexes = await db
      .collection(collection)
      .aggregate([{ $indexStats: {} }])
      .toArray()
    const ops = indexes.find((index) => index.name === name)?.accesses?.ops
    return ops === undefined ? undefined : Number(ops)
  } catch {
    return undefined
  }
}
