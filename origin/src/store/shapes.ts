import { type Fields, type Resource, shapeNumber, upgradeFields } from '@spillway/origin/contract'
import type { StoredRecord } from './envelope.ts'

/**
 * Shapes of records. A record has the number of the shape in which its fields were written, if the resource has migrations.
 *
 * - One of an older shape is upgraded when it is read, and stored in the new shape by the next write.
 * - One of a newer shape was written by a newer release, beside this one or before a roll-back. Its fields that this
 *   release does not know are set aside, and kept by a replacement. That replacement has this release's number, so the
 *   newer release upgrades it again.
 */
export function inPresentShape(resource: Resource, record: StoredRecord): StoredRecord {
  const { migrations } = resource
  const present = shapeNumber(migrations)
  const { _s: stored = 1 } = record
  if (stored === present) return record
  if (stored > present) return withoutNewer(resource, record)
  const upgrade = (fields: Fields): Fields => upgradeFields(migrations, fields, stored)
  const [own, fields] = parted(record, (name) => name.startsWith('_'))
  const { _was, _key } = record
  return {
    ...own,
    ...(record._v > 0 && upgrade(fields)),
    _s: present,
    ...(_was !== undefined && { _was: upgrade(_was) }),
    ...(_key?.first !== undefined && { _key: { ..._key, first: upgrade(_key.first) } }),
  }
}

function withoutNewer({ schema }: Resource, record: StoredRecord): StoredRecord {
  const isKnown = (name: string): boolean => name.startsWith('_') || Object.hasOwn(schema.properties, name)
  const [known, newer] = parted(record, isKnown)
  return { ...known, _newer: newer }
}

/** The members of a record that belong to the store, or are known, and the others. */
function parted(record: StoredRecord, isFirst: (name: string) => boolean): readonly [StoredRecord, Fields] {
  const first: Record<string, unknown> = {}
  const second: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) (isFirst(name) ? first : second)[name] = value
  // The cast is safe: the store's own fields are all in the first part.
  return [first as unknown as StoredRecord, second]
}

/** A record to be written, with the number of its shape. Without migrations there is none, which means 1. */
export const withShape = ({ migrations }: Resource, record: StoredRecord): StoredRecord =>
  migrations.length === 0 ? record : { ...record, _s: shapeNumber(migrations) }
