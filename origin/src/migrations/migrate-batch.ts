import { isDeepStrictEqual } from 'node:util'
import { type Resource, shapeNumber } from '@spillway/origin/contract'
import type { Db, Document } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import { duplicateFields, isDuplicateKey, type WriteError } from '../store/database-error.ts'
import type { StoredRecord } from '../store/envelope.ts'
import { inPresentShape } from '../store/shapes.ts'
import { commandTimeoutMs } from './migration-state.ts'

/** A document whose values in the new shape collide with another one's. */
export interface Blocked {
  readonly id: string
  readonly fields: readonly string[]
}

export interface Batch {
  /** Documents that it has looked at. */
  readonly seen: number
  /** Documents among them in an older shape, also where a live write came first. */
  readonly behind: number
  /** Id of the last document; `null` if there was none. */
  readonly last: string | null
  readonly blocked: readonly Blocked[]
}

export interface BatchOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly resource: Resource
  /** Id after which it begins; `null`: at the first. */
  readonly after: string | null
}

const batchSize = 500

/**
 * Migrates the next documents. Each is written only if it is at the version and in the shape in which it was read: a live
 * write in between has stored the new shape, or is found by the next pass. The version stays, because what is shown stays.
 *
 * Looks at the numbers of a fixed number of documents first, so that a command's time does not depend on how many are
 * migrated already.
 */
export async function migrateBatch({ db, bounds, resource, after }: BatchOptions): Promise<Batch> {
  const records = db.collection<StoredRecord>(resource.name)
  const limits = { readConcern: 'majority', maxTimeMS: commandTimeoutMs } as const
  const from: Document = after === null ? {} : { _id: { $gt: after } }
  const next = await bounds.run(commandTimeoutMs, (signal) =>
    records
      .find(from, { ...limits, sort: { _id: 1 }, limit: batchSize, projection: { _v: 1, _s: 1 }, signal })
      .toArray(),
  )
  const to = shapeNumber(resource.migrations)
  // A tombstone is upgraded where it is restored.
  const ids = next.filter(({ _v, _s = 1 }) => _v > 0 && _s < to).map(({ _id }) => _id)
  const passed = { seen: next.length, last: next.at(-1)?._id ?? null }
  if (ids.length === 0) return { ...passed, behind: 0, blocked: [] }
  const found = await bounds.run(commandTimeoutMs, (signal) =>
    records.find({ _id: { $in: ids }, _v: { $gt: 0 } }, { ...limits, signal }).toArray(),
  )
  if (found.length === 0) return { ...passed, behind: ids.length, blocked: [] }
  const updates = found.map((record) => {
    const { _id, _v, _s } = record
    return {
      q: { _id, _v, _s: _s ?? { $exists: false } },
      u: changesOf(record, inPresentShape(resource, record)),
    }
  })
  const command = { update: resource.name, updates, ordered: false, writeConcern: { w: 'majority' } }
  const reply = await bounds.run(commandTimeoutMs, (signal) => db.command(command, { signal }))
  const errors: readonly WriteError[] = reply.writeErrors ?? []
  const other = errors.find((error) => !isDuplicateKey(error))
  if (other !== undefined)
    throw Object.assign(new Error('a document was refused'), { codeName: `code ${other.code}` })
  const blocked = errors.map((error) => ({
    id: found[error.index]?._id ?? '',
    fields: duplicateFields(error),
  }))
  return { ...passed, behind: ids.length, blocked }
}

function changesOf(before: StoredRecord, after: StoredRecord): Document {
  const set: Record<string, unknown> = {}
  const unset: Record<string, ''> = {}
  for (const [name, value] of Object.entries(after))
    if (!isDeepStrictEqual(before[name], value)) set[name] = value
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) unset[name] = ''
  return { $set: set, ...(Object.keys(unset).length > 0 && { $unset: unset }) }
}
