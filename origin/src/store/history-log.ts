import { setTimeout as sleep } from 'node:timers/promises'
import type { Fields, HistoryPlace, Resource } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { isDuplicateKey, type WriteError } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'
import type { Audit, OutEvent } from './outbox.ts'
import { readOptions } from './read-options.ts'

/** Collection of the history. Names of resources cannot start with an underscore. */
export const historyCollection = '_history'

/** A record of one write of a document. */
export interface HistoryRecord extends Partial<Omit<Audit, 'changed'>>, Pick<Audit, 'changed'> {
  /** Resource, document, creation and number ({@link historyId}), so that the records of a document are in order. */
  readonly _id: string
  readonly type: OutEvent['type']
  readonly version: number
  readonly at: string
  readonly by?: string
  /** All subjects that the record names, by which it is found when one of them is erased. */
  readonly subjects?: readonly string[]
  readonly _expires: Date
}

/** Time limit of a command, in ms. */
const timeoutMs = 10_000

/** Records of one command. */
const appendedMax = 1_000

/** Digits of a record's number: texts of one length have the order of their numbers. */
const orderDigits = 15

/** Beginning of the ids of a document's records. Ids have slashes between their parts, which ids of documents have not, and `0` follows the slash. */
export const prefixOf = (resource: string, document: string): string => `${resource}/${document}/`
const historyId = (resource: string, document: string, { born, order }: HistoryPlace): string =>
  `${prefixOf(resource, document)}${born}/${String(order).padStart(orderDigits, '0')}`

/** Place of a record in the history of its document. The cast is safe: an id has these parts. */
export function placeOf({ _id }: Pick<HistoryRecord, '_id'>): HistoryPlace {
  const [, , born, order] = _id.split('/') as [string, string, string, string]
  return { born, order: Number(order) }
}

/** Records of all histories. A version of a document has one write, and so one record: adding it twice changes nothing. */
export class HistoryLog {
  readonly #db: Db
  readonly #bounds: CommandBounds

  constructor(db: Db, bounds: CommandBounds) {
    this.#db = db
    this.#bounds = bounds
  }

  /**
   * Adds the records that are not there, in their order, with a majority. A reader sees none before those of earlier
   * versions.
   */
  async append(records: readonly HistoryRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += appendedMax)
      await this.#append(records.slice(from, from + appendedMax))
  }

  async #append(records: readonly HistoryRecord[]): Promise<void> {
    let left = records
    while (left.length > 0) {
      const documents = left
      const command = { insert: historyCollection, documents, ordered: true, writeConcern }
      const reply = await this.#bounds.run(timeoutMs, (signal) => this.#db.command(command, { signal }))
      const [error]: readonly WriteError[] = reply.writeErrors ?? []
      if (error === undefined) return
      if (!isDuplicateKey(error)) throw new Error(`the history refuses a record: ${error.code}`)
      left = await this.#withoutKnown(left.slice(reply.n))
    }
  }

  /** Leaves out the records that a majority has. Waits for the first one, which was just refused. */
  async #withoutKnown(records: readonly HistoryRecord[]): Promise<readonly HistoryRecord[]> {
    for (;;) {
      const ids = records.map(({ _id }) => _id)
      const found = await this.#bounds.run(timeoutMs, (signal) =>
        this.#records
          .find({ _id: { $in: ids } }, { ...readOptions(timeoutMs), projection: { _id: 1 }, signal })
          .toArray(),
      )
      const known = new Set(found.map(({ _id }) => _id))
      const left = records.filter(({ _id }) => !known.has(_id))
      if (left[0] !== records[0]) return left
      await sleep(50)
    }
  }

  /** The newest record of an id, whichever document has it; `undefined` if there is none. */
  async newest(resource: string, document: string, timeoutMs: number): Promise<HistoryRecord | undefined> {
    const prefix = prefixOf(resource, document)
    const [first] = await this.#page({ $gte: prefix, $lt: `${prefix.slice(0, -1)}0` }, 1, timeoutMs)
    return first
  }

  /** Records of a document, newest first, before the given number. */
  page(
    { resource, id }: { readonly resource: string; readonly id: string },
    { born, order }: HistoryPlace,
    limit: number,
    timeoutMs: number,
  ): Promise<readonly HistoryRecord[]> {
    const $gte = `${prefixOf(resource, id)}${born}/`
    return this.#page({ $gte, $lt: historyId(resource, id, { born, order }) }, limit, timeoutMs)
  }

  #page(_id: { $gte: string; $lt: string }, limit: number, timeoutMs: number): Promise<HistoryRecord[]> {
    return this.#bounds.run(timeoutMs, (signal) =>
      this.#records.find({ _id }, { ...readOptions(timeoutMs), sort: { _id: -1 }, limit, signal }).toArray(),
    )
  }

  get #records() {
    return this.#db.collection<HistoryRecord>(historyCollection)
  }
}

const writeConcern = { w: 'majority', wtimeout: timeoutMs }

/** The place before which all records of a document are. */
export const newestPlace = (born: string): HistoryPlace => ({ born, order: 10 ** orderDigits - 1 })

/** Records of the writes whose events a document has. */
export const historyRecords = (
  { name, history, subjectFields }: Resource,
  { _id, _created, _out }: Pick<StoredRecord, '_id' | '_created' | '_out'>,
): readonly HistoryRecord[] =>
  (_out?.events ?? []).flatMap(({ audit, type, version, at, by }) => {
    if (history === undefined || audit === undefined) return []
    const order = 2 * version + (type === 'deleted' ? 1 : 0)
    const { attributes = {}, attributesBefore = {}, before = {}, after = {} } = audit
    const subjects = subjectsIn([attributes, attributesBefore, before, after], subjectFields, by)
    return [
      {
        _id: historyId(name, _id, { born: _created, order }),
        ...{ type, version, at },
        ...(by !== undefined && { by }),
        ...audit,
        ...(subjects.length > 0 && { subjects }),
        _expires: new Date(Date.parse(at) + history.keepMs),
      },
    ]
  })

/** Subjects in some fields, and the author, each once. */
function subjectsIn(
  states: readonly Fields[],
  fields: readonly string[],
  by: string | undefined,
): readonly string[] {
  const values = states.flatMap((state) => fields.flatMap((field) => state[field]))
  const subjects = values.filter((value) => typeof value === 'string')
  return [...new Set(by === undefined ? subjects : [by, ...subjects])]
}
