import { type Fields, isKept, pick, type Resource } from '@spillway/origin/contract'
import { auditOf, changedFields } from '../store/audit.ts'
import {
  deletedOf,
  documentOf,
  type Instant,
  replacementOf,
  type StoredRecord,
  tombstoneOf,
} from '../store/envelope.ts'
import { hasOutbox, type OutEvent } from '../store/outbox.ts'
import type { StoredDocument } from '../store/repository.ts'
import { inPresentShape, withShape } from '../store/shapes.ts'
import { erasedEvent } from './erased-event.ts'
import { blanked, type Fate, fateOfDocument } from './fate.ts'
import { declaredFields, type Erased, fieldsNaming } from './subject.ts'

/** The record of a document from which a person is erased. */
export interface ErasedRecord {
  readonly record: StoredRecord
  /** `scrub`: the document stays as it is; only what the store keeps beside it named the person. */
  readonly kind: 'delete' | 'blank' | 'scrub'
  /** Fields of the document before and after, whose stored answers are obsolete. */
  readonly shown: readonly Fields[]
}

export interface Writing {
  readonly writeId: string
  readonly at: Instant
}

/** Name of the erasure in history, in place of an action's. */
const via = 'erasure'

/**
 * Decides a stored record. Rules, guards and idempotency of the application are not asked: what must be forgotten does not
 * depend on them.
 *
 * @returns `undefined` if it has nothing of the person, or only what is declared to be kept
 */
export function erasedRecord(
  resource: Resource,
  stored: StoredRecord,
  erased: Erased,
  writing: Writing,
): ErasedRecord | undefined {
  const record = inPresentShape(resource, stored)
  const live = documentOf(record)
  const gone = live === undefined ? deletedOf(record, Number.NEGATIVE_INFINITY) : undefined
  const document = live ?? gone
  const first = record._key?.first
  const fate = fateOfDocument(resource, [document?.fields], erased.subject)
  const ofFirst = fateOfDocument(resource, [first], erased.subject)
  if (document !== undefined && fate.kind === 'delete')
    return deletion(resource, record, document, { erased, writing, isLive: live !== undefined })
  if (document !== undefined && fate.kind === 'blank')
    return blanking(resource, record, document, { erased, writing, isLive: live !== undefined, fate })
  const events = record._out?.events ?? []
  const named = events.some((event) => namesIn(resource, event, erased.subject))
  if (!named && (ofFirst.kind === 'none' || ofFirst.kind === 'keep')) return undefined
  return { kind: 'scrub', shown: [], record: scrubbed(resource, record, { erased, writing, fate }) }
}

interface Context {
  readonly erased: Erased
  readonly writing: Writing
  readonly isLive: boolean
}

function deletion(
  resource: Resource,
  record: StoredRecord,
  document: StoredDocument,
  { erased, writing, isLive }: Context,
): ErasedRecord {
  const { writeId, at } = writing
  const made = withShape(resource, tombstoneOf(document, writeId, at))
  const event: OutEvent = {
    ...{ id: writeId, type: 'deleted', version: document.version, at: at.iso },
    ...withoutSubjects(resource, document.fields),
    ...(resource.history !== undefined && { audit: { changed: [], via, attributes: {} } }),
  }
  const fate: Fate = { kind: 'delete' }
  const told = withEvents(resource, record, made, { erased, fate, event: isLive ? event : undefined })
  return { kind: 'delete', shown: isLive ? [document.fields] : [], record: withoutFirst(told) }
}

/** Values by which the feed tells who could read the document, without those that name somebody. */
function withoutSubjects(resource: Resource, fields: Fields): { readonly was?: Fields } {
  const compared = resource.events?.attributes ?? []
  const subjects = declaredFields(resource)
  return compared.length === 0
    ? {}
    : {
        was: pick(
          fields,
          compared.filter((name) => !subjects.includes(name)),
        ),
      }
}

function blanking(
  resource: Resource,
  record: StoredRecord,
  document: StoredDocument,
  { erased, writing, isLive, fate }: Context & { readonly fate: Extract<Fate, { kind: 'blank' }> },
): ErasedRecord {
  const { writeId, at } = writing
  const fields = blanked(document.fields, fate, erased)
  if (!isLive) {
    const kept = { ...scrubbed(resource, record, { erased, writing, fate }), _was: fields }
    return { kind: 'blank', shown: [], record: kept }
  }
  const made = withShape(resource, replacementOf(document, fields, writeId, at))
  const changed = changedFields(document.fields, fields)
  const event: OutEvent = {
    ...{ id: writeId, type: 'updated', version: made._v, at: at.iso, changed },
    ...withoutSubjects(resource, document.fields),
    ...(resource.history !== undefined && {
      audit: auditOf(
        { ...resource.history, values: false },
        { type: 'updated', fields, author: { via } },
        changed,
      ),
    }),
  }
  const told = withEvents(resource, record, made, { erased, fate, event })
  return { kind: 'blank', shown: [document.fields, fields], record: withoutFirst(told) }
}

/** The same document, without the person in what the store keeps beside it. */
function scrubbed(
  resource: Resource,
  record: StoredRecord,
  { erased, writing, fate }: { readonly erased: Erased; readonly writing: Writing; readonly fate: Fate },
): StoredRecord {
  const { _newer, ...own } = record
  const same = { ...own, ..._newer, _w: [writing.writeId, ...record._w.slice(0, 3)] }
  const ofFirst = fateOfDocument(resource, [record._key?.first], erased.subject)
  const kept = ofFirst.kind === 'none' || ofFirst.kind === 'keep' ? same : withoutFirst(same)
  return withEvents(resource, record, kept, { erased, fate, event: undefined })
}

/** A record with the events of the one before, from which the person is erased, and one more. */
function withEvents(
  resource: Resource,
  before: StoredRecord,
  after: StoredRecord,
  {
    erased,
    fate,
    event,
  }: { readonly erased: Erased; readonly fate: Fate; readonly event: OutEvent | undefined },
): StoredRecord {
  const { _out: _own, ...record } = after
  const pending = (before._out?.events ?? []).map((one) => erasedEvent(resource, one, erased, fate))
  const events = event !== undefined && hasOutbox(resource) ? [...pending, event] : pending
  if (events.length === 0) return record
  const since = before._out?.since ?? Date.parse(record._updated)
  const expires = record._expires ?? (record._v < 1 ? before._out?.expires : undefined)
  if (expires === undefined) return { ...record, _out: { since, events } }
  const { _expires, ...kept } = record
  return { ...kept, _out: { since, events, expires } }
}

/** Without the fields of the first answer: a repeat of the create is refused, and creates nothing. */
function withoutFirst(record: StoredRecord): StoredRecord {
  const { _key } = record
  return _key === undefined ? record : { ...record, _key: { request: _key.request } }
}

function namesIn(resource: Resource, event: OutEvent, subject: string): boolean {
  const declared = declaredFields(resource)
  const { before, after, attributes, attributesBefore } = event.audit ?? {}
  const values = [before, after, attributes, attributesBefore]
  return (
    event.by === subject ||
    fieldsNaming(event.was, declared, subject).length > 0 ||
    values.some((fields) =>
      fieldsNaming(fields, declared, subject).some((field) => isErased(resource, field)),
    )
  )
}

const isErased = ({ erasure }: Resource, field: string): boolean => {
  const fate = erasure[field]
  return fate !== undefined && (fate === 'delete' || !isKept(fate))
}
