import {
  allListsTag,
  documentTag,
  type Fields,
  type Resource,
  tagsOfChangedLists,
} from '@spillway/origin/contract'
import type { Db, Document } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import { duplicateFields, isDuplicateKey, type WriteError } from '../store/database-error.ts'
import { documentOf, instantOf, type StoredRecord } from '../store/envelope.ts'
import { readOptions } from '../store/read-options.ts'
import { inPresentShape } from '../store/shapes.ts'
import { type ErasedRecord, erasedRecord } from './erased-record.ts'
import { fateOfDocument } from './fate.ts'
import { declaredFields, type Erased } from './subject.ts'

/** Time limit of a command, in ms. */
export const timeoutMs = 10_000

export interface RecordsBatch {
  /** Id of the last record that was looked at; `null` at the end. */
  readonly last: string | null
  readonly seen: number
  readonly done: Readonly<Record<ErasedRecord['kind'], number>>
  /** Documents that name the person and are declared to be kept. */
  readonly kept: number
  /** Tags of stored answers that are obsolete. */
  readonly tags: readonly string[]
}

export interface RecordsStore {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly writeId: () => string
  /** Called before documents are written, with tags of stored answers that will be obsolete. @default nothing is written */
  readonly announce?: ((tags: readonly string[]) => Promise<void>) | undefined
}

const batchSize = { projected: 500, whole: 50 } as const

/** Attempts at one record, each of which another write has forestalled. */
const attemptsMax = 20

/**
 * Erases a person from the next records of a resource, in the order of their ids. All records are looked at, since a
 * person may be named where no index leads: in the fields of a deleted document, or in the first answer to a create. Each
 * is written only as it was read, so that no live write is lost.
 *
 * @throws {Error} if a record is written by others all the time, or the blanked values are not unique
 */
export async function eraseRecords(
  store: RecordsStore,
  resource: Resource,
  after: string | null,
  erased: Erased,
): Promise<RecordsBatch> {
  const { found, last, seen } = await nextRecords(store, resource, after, erased.subject)
  const ids = found.map(({ _id }) => _id)
  const { announce, ...planning } = store
  const planned = await eraseAll(planning, resource, ids, erased)
  if (announce === undefined) return { last, seen, ...planned }
  if (planned.tags.length > 0) await announce(planned.tags)
  return { last, seen, ...(await eraseAll(store, resource, ids, erased)) }
}

async function eraseAll(
  store: RecordsStore,
  resource: Resource,
  ids: readonly string[],
  erased: Erased,
): Promise<Pick<RecordsBatch, 'done' | 'kept' | 'tags'>> {
  const done = { delete: 0, blank: 0, scrub: 0 }
  const tags: string[] = []
  let kept = 0
  for (const id of ids) {
    const outcome = await eraseOne(store, resource, id, erased)
    if (outcome === 'kept') kept += 1
    if (typeof outcome === 'string') continue
    done[outcome.kind] += 1
    if (outcome.shown.length > 0) tags.push(...tagsOf(resource, id, outcome.shown, erased.subject))
  }
  return { done, kept, tags: [...new Set(tags)] }
}

/** Looks at the fields that may name somebody alone, where these have their present names. */
async function nextRecords(
  { db, bounds }: RecordsStore,
  resource: Resource,
  after: string | null,
  subject: string,
) {
  const isProjected = resource.migrations.length === 0
  const limit = isProjected ? batchSize.projected : batchSize.whole
  const paths = declaredFields(resource).flatMap((name) => [name, `_was.${name}`, `_key.first.${name}`])
  const projection = Object.fromEntries([...paths, '_out'].map((path) => [path, 1]))
  const records = await bounds.run(timeoutMs, (signal) =>
    db
      .collection<StoredRecord>(resource.name)
      .find(after === null ? {} : { _id: { $gt: after } }, {
        ...{ ...readOptions(timeoutMs), sort: { _id: 1 }, limit, signal },
        ...(isProjected && { projection }),
      })
      .toArray(),
  )
  // A text that contains the subject need not name it: the whole record decides.
  const text = JSON.stringify(subject)
  const found = records.filter((record) => JSON.stringify(record).includes(text))
  return { found, seen: records.length, last: records.length < limit ? null : (records.at(-1)?._id ?? null) }
}

async function eraseOne(
  store: RecordsStore,
  resource: Resource,
  _id: string,
  erased: Erased,
): Promise<ErasedRecord | 'kept' | 'none'> {
  const { db, bounds, writeId, announce } = store
  const records = db.collection<StoredRecord>(resource.name)
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const stored = await bounds.run(timeoutMs, (signal) =>
      records.findOne({ _id }, { ...readOptions(timeoutMs), signal }),
    )
    if (stored === null) return 'none'
    const made = erasedRecord(resource, stored, erased, { writeId: writeId(), at: instantOf(Date.now()) })
    if (made === undefined) return isNamedIn(resource, stored, erased.subject) ? 'kept' : 'none'
    if (announce === undefined || (await replace(store, resource, stored, made.record))) return made
  }
  throw new Error(`${resource.name}/${_id} is written by others all the time: run the command again`)
}

/** @returns whether the record was still as it was read */
async function replace(
  { db, bounds }: RecordsStore,
  { name }: Resource,
  { _id, _v, _w, _g }: StoredRecord,
  record: StoredRecord,
): Promise<boolean> {
  // `null` also matches an absent field.
  const q: Document = { _id, _v, '_w.0': _w[0], _g: _g ?? null }
  const writeConcern = { w: 'majority', wtimeout: timeoutMs }
  const command = { update: name, updates: [{ q, u: record }], writeConcern }
  const reply = await bounds.run(timeoutMs, (signal) => db.command(command, { signal }))
  const [error]: readonly WriteError[] = reply.writeErrors ?? []
  if (error === undefined) return reply.n === 1
  const reason = isDuplicateKey(error)
    ? `another document has the same ${duplicateFields(error).join(', ')}`
    : `the database refuses it: ${error.code}`
  throw new Error(`${name}/${_id} cannot be blanked: ${reason}`)
}

const isNamedIn = (resource: Resource, stored: StoredRecord, subject: string): boolean =>
  fateOfDocument(resource, [documentOf(inPresentShape(resource, stored))?.fields], subject).kind === 'keep'

const tagsOf = (
  resource: Resource,
  id: string,
  shown: readonly Fields[],
  subject: string,
): readonly string[] => [
  documentTag(resource.name, id),
  ...tagsOfChangedLists(resource, shown, subject),
  allListsTag(resource, subject),
]
