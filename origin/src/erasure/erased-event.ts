import type { Fields, Resource } from '@spillway/origin/contract'
import type { Change } from '../store/change-log.ts'
import type { HistoryRecord } from '../store/history-log.ts'
import type { Audit, OutEvent } from '../store/outbox.ts'
import { type Fate, fateOfDocument, strippedPart } from './fate.ts'
import { declaredFields, type Erased, fieldsNaming, pseudonymized } from './subject.ts'

/** An event in its document, as it is kept when a person is forgotten. @param ofDocument fate of its document's values */
export function erasedEvent(resource: Resource, event: OutEvent, erased: Erased, ofDocument: Fate): OutEvent {
  const { audit, was } = event
  return {
    ...event,
    ...authorOf(event, erased),
    ...(was !== undefined && { was: pseudonymized(was, declaredFields(resource), erased) }),
    ...(audit !== undefined && { audit: erasedAudit(resource, audit, erased, ofDocument) }),
  }
}

/** An entry of the log; `undefined` if it names nobody. */
export function erasedChange(
  resource: Resource | undefined,
  { document, by, was }: Pick<Change, 'document' | 'by' | 'was'>,
  erased: Erased,
): Partial<Change> | undefined {
  const { subject, pseudonym } = erased
  const kept = was && resource ? pseudonymized(was, declaredFields(resource), erased) : was
  const changes = {
    ...(document === subject && { document: pseudonym }),
    ...(by === subject && { by: pseudonym }),
    ...(kept !== was && { was: kept }),
  }
  return Object.keys(changes).length === 0 ? undefined : changes
}

/** A record of the history without the person, except in fields that are declared to be kept. */
export function erasedHistory(resource: Resource, record: HistoryRecord, erased: Erased): HistoryRecord {
  const { subjects: _old, ...kept } = record
  const audit = erasedAudit(resource, { ...kept, attributes: record.attributes ?? {} }, erased)
  const made = { ...audit, ...authorOf(record, erased) }
  const { before, after, attributes, attributesBefore } = made
  const states = [before, after, attributes, attributesBefore]
  const isNamed = states.some((one) => fieldsNaming(one, declaredFields(resource), erased.subject).length > 0)
  const subjects = (record.subjects ?? []).filter((one) => isNamed || one !== erased.subject)
  return subjects.length === 0 ? made : { ...made, subjects }
}

function erasedAudit<Kept extends Audit>(
  resource: Resource,
  audit: Kept,
  erased: Erased,
  ofDocument: Fate = { kind: 'none' },
): Kept {
  const { before, after, attributes, attributesBefore, ...rest } = audit
  const states = [before, after, attributes, attributesBefore]
  const own = fateOfDocument(resource, states, erased.subject)
  const fate = own.kind === 'none' || own.kind === 'keep' ? ofDocument : own
  // The casts: what is left out is optional, or set again.
  if (fate.kind === 'delete') return { ...rest, attributes: {} } as unknown as Kept
  if (fate.kind !== 'blank') return audit
  const strip = (fields: Fields | undefined) => fields && strippedPart(fields, fate, erased)
  const parts = { before: strip(before), after: strip(after), attributesBefore: strip(attributesBefore) }
  const present = Object.fromEntries(Object.entries(parts).filter(([, fields]) => fields !== undefined))
  return { ...rest, ...present, attributes: strippedPart(attributes, fate, erased) } as unknown as Kept
}

const authorOf = ({ by }: { readonly by?: string }, { subject, pseudonym }: Erased) =>
  by === subject ? { by: pseudonym } : {}
