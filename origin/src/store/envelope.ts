import { type Fields, idempotencyRetentionMs } from '@spillway/origin/contract'
import type { KeyRecord, StoredDocument } from './repository.ts'

/**
 * How a document lies in its collection: the fields of the schema at the top level, so that indexes and filters name
 * them as the contract does, and the store's own beside them with a leading underscore, which no schema may use.
 */
export interface StoredRecord {
  readonly _id: string
  /** Version, from 1. 0: a tombstone, which is no document any more. */
  readonly _v: number
  readonly _created: string
  readonly _updated: string
  /** Ids of the last writes, newest first. */
  readonly _w: readonly string[]
  readonly _key?: KeyRecord
  /** When a tombstone may be removed (TTL index). */
  readonly _expires?: Date
  /** Transactions that have asked for this version to stay as it is: counted, so that two of them notice each other. */
  readonly _g?: number
  readonly [field: string]: unknown
}

/**
 * Writes that a record remembers. A writer who lost an answer reads back within milliseconds; it would take this many
 * writes by others in between to leave it in doubt.
 */
const writesKept = 4

/**
 * How long a tombstone stays for its own sake: longer than any deadline, so that whoever lost the answer to a delete, or
 * lost the race against one, can still read what happened. A key's tombstone stays for as long as the key is kept.
 */
export const tombstoneRetentionMs = 5 * 60_000

/** The time of a write, in both of its forms. */
export interface Instant {
  /** Milliseconds since the epoch. */
  readonly ms: number
  readonly iso: string
}

export const instantOf = (ms: number): Instant => ({ ms, iso: new Date(ms).toISOString() })

/** A clock for writes. perf: making the text costs as much as the rest of a record, so a millisecond's writes share it. */
export function instantClock(now: () => number): () => Instant {
  let last = instantOf(0)
  return () => {
    const ms = now()
    if (ms !== last.ms) last = instantOf(ms)
    return last
  }
}

interface Creation {
  readonly writeId: string
  /** Digest of the request that has an Idempotency-Key. */
  readonly request?: string | undefined
  readonly at: Instant
}

export function newRecord(id: string, fields: Fields, { writeId, request, at }: Creation): StoredRecord {
  const time = at.iso
  return request === undefined
    ? { _id: id, _v: 1, _created: time, _updated: time, _w: [writeId], ...fields }
    : { _id: id, _v: 1, _created: time, _updated: time, _w: [writeId], _key: { request }, ...fields }
}

/** The record that takes the place of `current`. */
export function replacementOf(
  current: StoredDocument,
  fields: Fields,
  writeId: string,
  at: Instant,
): StoredRecord {
  const key = keptKey(current, at.ms)
  return {
    _id: current.id,
    _v: current.version + 1,
    _created: current.createdAt,
    _updated: at.iso,
    _w: [writeId, ...current.bookkeeping.writes.slice(0, writesKept - 1)],
    ...(key !== undefined && { _key: key }),
    ...fields,
  }
}

/**
 * Tombstone of a deletion, kept for a while: no field of the document, so that it is in no (sparse) unique index, and the
 * answer to two questions: who deleted it, and what a repeated create is to be told.
 */
export function tombstoneOf(current: StoredDocument, writeId: string, at: Instant): StoredRecord {
  const key = keptKey(current, at.ms)
  const keyExpires = key?.first === undefined ? 0 : Date.parse(current.createdAt) + idempotencyRetentionMs
  return {
    _id: current.id,
    _v: 0,
    _created: current.createdAt,
    _updated: at.iso,
    _w: [writeId, ...current.bookkeeping.writes.slice(0, writesKept - 1)],
    ...(key !== undefined && { _key: key }),
    _expires: new Date(Math.max(at.ms + tombstoneRetentionMs, keyExpires)),
  }
}

/**
 * The claim that a batch lays on its key before any of its items is written. It looks like a tombstone: never a
 * document, gone after the retention.
 */
export function batchClaim(id: string, writeId: string, request: string, at: Instant): StoredRecord {
  const time = at.iso
  return {
    _id: id,
    _v: 0,
    _created: time,
    _updated: time,
    _w: [writeId],
    _key: { request },
    _expires: new Date(at.ms + idempotencyRetentionMs),
  }
}

/**
 * Record of the key in the next version: for the retention, the fields as first answered, taken at the first
 * change; after it, only that the key was used.
 */
function keptKey({ bookkeeping, version, fields, createdAt }: StoredDocument, nowMs: number) {
  const { key } = bookkeeping
  if (key === undefined) return undefined
  const isKept = nowMs < Date.parse(createdAt) + idempotencyRetentionMs
  const first = version === 1 ? fields : key.first
  return isKept && first !== undefined ? { request: key.request, first } : { request: key.request }
}

/** The record of a document, as it is stored now. */
export function recordOf({
  id,
  version,
  createdAt,
  updatedAt,
  fields,
  bookkeeping,
}: StoredDocument): StoredRecord {
  const { writes, key } = bookkeeping
  const record = { _id: id, _v: version, _created: createdAt, _updated: updatedAt, _w: writes, ...fields }
  return key === undefined ? record : { ...record, _key: key }
}

/** `undefined` for a tombstone. */
export function documentOf(record: StoredRecord): StoredDocument | undefined {
  const { _id, _v, _created, _updated, _w, _key, _expires, _g, ...fields } = record
  return _v < 1 ? undefined : documentWith(record, fields)
}

/** The document of a record whose fields are at hand. */
export function documentWith(record: StoredRecord, fields: Fields): StoredDocument {
  const { _id, _v, _created, _updated, _w, _key, _g } = record
  const bookkeeping = _key === undefined ? { writes: _w } : { writes: _w, key: _key }
  return {
    id: _id,
    version: _v,
    createdAt: _created,
    updatedAt: _updated,
    fields,
    bookkeeping: _g === undefined ? bookkeeping : { ...bookkeeping, held: _g },
  }
}

/** The document as its creation was answered, or `undefined` where that is no longer known. */
export function firstAnswerOf(record: StoredRecord): StoredDocument | undefined {
  const { _id, _v, _created, _w, _key } = record
  if (_v === 1) return documentOf(record)
  const fields = _key?.first
  if (fields === undefined) return undefined
  return {
    id: _id,
    version: 1,
    createdAt: _created,
    updatedAt: _created,
    fields,
    bookkeeping: { writes: _w },
  }
}
