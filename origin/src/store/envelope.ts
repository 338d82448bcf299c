import { type Fields, idempotencyRetentionMs } from '@spillway/origin/contract'
import type { Source } from './codec/source.ts'
import type { Outbox } from './outbox.ts'
import type { KeyRecord, StoredDocument } from './repository.ts'

/** Collection of stored answers. Names of resources cannot start with an underscore. */
export const answersCollection = '_answers'

/**
 * Layout of a stored document: the schema's fields at the top level, so that indexes and filters use their names; the
 * store's own fields beside them with a leading underscore, which no schema may use.
 */
export interface StoredRecord {
  readonly _id: string
  /** Version, from 1. Tombstones, which mark deleted documents, have `-n` if version n can be restored, else 0. */
  readonly _v: number
  readonly _created: string
  readonly _updated: string
  /** Ids of the latest writes, newest first. */
  readonly _w: readonly string[]
  readonly _key?: KeyRecord
  /** Time from which a tombstone may be removed (TTL index). */
  readonly _expires?: Date
  /** Fields of a deleted document that can be restored. Inside an object, so that no filter or index contains them. */
  readonly _was?: Fields
  /**
   * Number of transactions that required this version to be unchanged: an increment is a write, so two of them
   * conflict.
   */
  readonly _g?: number
  /**
   * The adopted document that was read or is written, and the command for it ({@link ./codec/record-layout.ts}); never
   * stored.
   */
  readonly _source?: Source
  /** Events of writes that are not in the log of changes yet. */
  readonly _out?: Outbox
  /** Number of the shape of its fields ({@link ./shapes.ts}). @default 1 */
  readonly _s?: number
  /** Fields of a newer release, set aside when the record was read; never stored. */
  readonly _newer?: Fields
  /** Metres, computed for a list by distance; never stored. */
  readonly _distance?: number
  /** Score of a text search, computed for a list by relevance; never stored. */
  readonly _score?: number
  readonly [field: string]: unknown
}

/**
 * Writes that a record remembers. A writer whose answer was lost reads the record within milliseconds; it stays in
 * doubt only if this many other writes came in between.
 */
const writesKept = 4

/**
 * Retention of a tombstone, in ms: longer than any deadline, so that a writer whose delete was unanswered, or lost a
 * race against one, can still read what happened. A tombstone with a key stays as long as the key is stored.
 */
export const tombstoneRetentionMs = 5 * 60_000

/** Time of a write, as number and as text. */
export interface Instant {
  /** Milliseconds since the epoch. */
  readonly ms: number
  readonly iso: string
}

export const instantOf = (ms: number): Instant => ({ ms, iso: new Date(ms).toISOString() })

/**
 * A clock for writes. perf: all writes of one millisecond share its text, which costs as much as the rest of a record.
 */
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
  /** Digest of the request with the Idempotency-Key. */
  readonly request?: string | undefined
  readonly at: Instant
}

export function newRecord(id: string, fields: Fields, { writeId, request, at }: Creation): StoredRecord {
  const time = at.iso
  return request === undefined
    ? { _id: id, _v: 1, _created: time, _updated: time, _w: [writeId], ...fields }
    : { _id: id, _v: 1, _created: time, _updated: time, _w: [writeId], _key: { request }, ...fields }
}

/** The record that replaces `current`. */
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
    ...current.bookkeeping.newer,
    ...fields,
  }
}

/**
 * Tombstone of a deleted document. It has no field of the document, so that no (sparse) unique index contains it. It
 * tells who deleted the document, and what to answer to a repeated create.
 *
 * @param keptMs how long the document can be restored, in ms. @default it cannot
 */
export function tombstoneOf(
  current: StoredDocument,
  writeId: string,
  at: Instant,
  keptMs?: number,
): StoredRecord {
  const key = keptKey(current, at.ms)
  const keyExpires = key?.first === undefined ? 0 : Date.parse(current.createdAt) + idempotencyRetentionMs
  return {
    _id: current.id,
    _v: keptMs === undefined ? 0 : -current.version,
    _created: current.createdAt,
    _updated: at.iso,
    _w: [writeId, ...current.bookkeeping.writes.slice(0, writesKept - 1)],
    ...(key !== undefined && { _key: key }),
    _expires: new Date(Math.max(at.ms + (keptMs ?? tombstoneRetentionMs), keyExpires)),
    ...(keptMs !== undefined && { _was: { ...current.bookkeeping.newer, ...current.fields } }),
  }
}

/**
 * The record with which a batch reserves its key before any item is written. It is a tombstone: never shown as a
 * document, removed after the retention.
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
 * Key record for the next version. Within the retention it keeps the fields as first answered, taken at the first
 * change; later only the fact that the key was used.
 */
function keptKey({ bookkeeping, version, fields, createdAt }: StoredDocument, nowMs: number) {
  const { key } = bookkeeping
  if (key === undefined) return undefined
  const isKept = nowMs < Date.parse(createdAt) + idempotencyRetentionMs
  const first = version === 1 ? fields : key.first
  return isKept && first !== undefined ? { request: key.request, first } : { request: key.request }
}

/** The stored record of a document. */
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

/** The document of a record; `undefined` for a tombstone. */
export function documentOf(record: StoredRecord): StoredDocument | undefined {
  const {
    _id,
    _v,
    _created,
    _updated,
    _w,
    _key,
    _expires,
    _g,
    _out,
    _source,
    _s,
    _newer,
    _distance,
    _score,
    ...fields
  } = record
  if (_v < 1) return undefined
  const document = documentWith(record, fields)
  if (_distance !== undefined) return { ...document, distance: _distance }
  return _score === undefined ? document : { ...document, score: _score }
}

/** The document that a tombstone can restore, at the deleted version; `undefined` if it cannot be restored. */
export function deletedOf(record: StoredRecord, nowMs: number): StoredDocument | undefined {
  const { _v, _was, _out, _expires = _out?.expires } = record
  if (_was === undefined || _expires === undefined || _expires.getTime() <= nowMs) return undefined
  return { ...documentWith(record, _was), version: -_v }
}

/** The document of a record whose fields are already extracted. */
export function documentWith(record: StoredRecord, fields: Fields): StoredDocument {
  const { _id, _v, _created, _updated, _w, _key, _g, _out, _source, _newer } = record
  const own = _key === undefined ? { writes: _w } : { writes: _w, key: _key }
  const bookkeeping = _out === undefined ? own : { ...own, pending: _out }
  return {
    id: _id,
    version: _v,
    createdAt: _created,
    updatedAt: _updated,
    fields,
    bookkeeping:
      _g === undefined && _source === undefined && _newer === undefined
        ? bookkeeping
        : {
            ...bookkeeping,
            ...(_g !== undefined && { held: _g }),
            ...(_source !== undefined && { source: _source }),
            ...(_newer !== undefined && { newer: _newer }),
          },
  }
}

/** The document of a record that was written with these fields. */
export const writtenDocument = (record: StoredRecord, fields: Fields): StoredDocument =>
  // The cast is safe: the record is no tombstone. A layout may store a value in another form than it was sent.
  record._source === undefined ? documentWith(record, fields) : (documentOf(record) as StoredDocument)

/** The document as its creation was answered; `undefined` if that is no longer known. */
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
