import { isDeepStrictEqual } from 'node:util'
import type { Catalogue } from '@spillway/origin/contract'
import type { Document } from 'mongodb'
import { type Change, changesCollection } from '../store/change-log.ts'
import { type DeliveryRecord, deliveriesCollection } from '../store/delivery-store.ts'
import { answersCollection } from '../store/envelope.ts'
import { type HistoryRecord, historyCollection, prefixOf } from '../store/history-log.ts'
import { readOptions } from '../store/read-options.ts'
import { type RecordsStore, timeoutMs } from './erase-records.ts'
import { erasedChange, erasedHistory } from './erased-event.ts'
import type { Erased } from './subject.ts'

/** Collections beside the documents that may name a person, in the order in which they are cleared. */
export const logs = [historyCollection, changesCollection, deliveriesCollection, answersCollection] as const
export type LogName = (typeof logs)[number]

/** Change of one entry; `undefined` if it has nothing of the person. */
type Verdict = { readonly q: Document; readonly u: Document } | { readonly remove: Document } | undefined

interface Log<Entry extends Document> {
  /** Condition that every entry satisfies which may name the person. @default all are looked at */
  readonly filter?: Document
  judge(entry: Entry): Verdict
}

const batchSize = 500

export interface LogBatch {
  /** `_id` of the last entry that was looked at; `null` at the end. */
  readonly last: unknown
  readonly seen: number
  readonly changed: number
}

/** Erases a person from the next entries of one of these collections, in the order of `_id`. */
export async function eraseFromLog(
  store: RecordsStore,
  {
    catalogue,
    name,
    after,
  }: { readonly catalogue: Catalogue; readonly name: LogName; readonly after: unknown },
  erased: Erased,
): Promise<LogBatch> {
  const { filter = {}, judge } = judgesOf(catalogue, erased)[name]
  const { db, bounds, announce } = store
  const range: Document = { $and: [after === null ? {} : { _id: { $gt: after } }, filter] }
  const entries = await bounds.run(timeoutMs, (signal) =>
    db
      .collection(name)
      .find(range, {
        ...{ ...readOptions(timeoutMs), sort: { _id: 1 }, limit: batchSize, signal },
      })
      .toArray(),
  )
  const verdicts = entries.map(judge).filter((verdict) => verdict !== undefined)
  const passed = {
    last: entries.length < batchSize ? null : entries.at(-1)?._id,
    seen: entries.length,
    changed: verdicts.length,
  }
  if (announce === undefined) return passed
  const updates = verdicts.flatMap((verdict) => ('q' in verdict ? [verdict] : []))
  const deletes = verdicts.flatMap((verdict) => ('q' in verdict ? [] : [{ q: verdict.remove, limit: 1 }]))
  const writeConcern = { w: 'majority', wtimeout: timeoutMs }
  if (updates.length > 0) await command({ update: name, updates, ordered: false, writeConcern })
  if (deletes.length > 0) await command({ delete: name, deletes, ordered: false, writeConcern })
  return passed

  async function command(document: Document): Promise<void> {
    const { writeErrors: [error] = [] } = await bounds.run(timeoutMs, (signal) =>
      db.command(document, { signal }),
    )
    if (error !== undefined) throw new Error(`${name}: the database refuses a change: ${error.code}`)
  }
}

// The types of entries differ by collection, and each judge reads those of its own.
const judgesOf = (catalogue: Catalogue, erased: Erased): Readonly<Record<LogName, Log<Document>>> => ({
  [historyCollection]: historyJudge(catalogue, erased),
  [changesCollection]: changesJudge(catalogue, erased),
  [deliveriesCollection]: deliveriesJudge(catalogue, erased),
  [answersCollection]: answersJudge(erased),
})

/**
 * Records that name the person. Records of a document whose id is the person's subject are removed, since their own ids
 * contain it.
 */
function historyJudge(catalogue: Catalogue, erased: Erased): Log<HistoryRecord> {
  const own = [...catalogue.keys()].map((name) => prefixOf(name, erased.subject))
  const ranges = own.map((prefix) => ({ _id: { $gte: prefix, $lt: `${prefix.slice(0, -1)}0` } }))
  return {
    filter: { $or: [{ subjects: erased.subject }, ...ranges] },
    judge(record) {
      const { _id } = record
      if (own.some((prefix) => _id.startsWith(prefix))) return { remove: { _id } }
      const resource = catalogue.get(_id.split('/', 1)[0] ?? '')
      if (resource === undefined) return { remove: { _id } }
      const made = erasedHistory(resource, record, erased)
      return isDeepStrictEqual(made, record) ? undefined : { q: { _id }, u: made }
    },
  }
}

/** Entries stay, since positions have no gaps. */
function changesJudge(catalogue: Catalogue, erased: Erased): Log<Change> {
  return {
    judge({ _id, ...change }) {
      const changes = erasedChange(catalogue.get(change.resource), change, erased)
      return changes && { q: { _id }, u: { $set: changes } }
    },
  }
}

function deliveriesJudge(catalogue: Catalogue, erased: Erased): Log<DeliveryRecord> {
  return {
    judge({ _id, change }) {
      const changes = erasedChange(catalogue.get(change.resource), change, erased)
      if (changes === undefined) return undefined
      const members = Object.entries(changes).map(([name, value]) => [`change.${name}`, value])
      return { q: { _id }, u: { $set: Object.fromEntries(members) } }
    },
  }
}

/** Answers that are kept for Idempotency-Keys are texts: those that have the subject as a JSON string are removed. */
function answersJudge({ subject }: Erased): Log<Document> {
  const text = JSON.stringify(subject)
  return {
    judge: ({ _id, answer }) => (String(answer?.body ?? '').includes(text) ? { remove: { _id } } : undefined),
  }
}
