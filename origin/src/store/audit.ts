import { isDeepStrictEqual } from 'node:util'
import { type EventType, type Fields, type HistoryRule, pick } from '@spillway/origin/contract'
import type { Audit } from './outbox.ts'
import type { Author, StoredDocument } from './repository.ts'

/** A write of a document. */
export interface Happening {
  readonly type: EventType
  /** Document before the write. */
  readonly current?: StoredDocument
  /** Fields after the write; absent after a deletion. */
  readonly fields?: Fields
  readonly author?: Author | undefined
}

/** @param updated names of the fields that an update changed */
export function auditOf(
  { values, except, attributes: compared }: HistoryRule,
  { type, current, fields, author: { via, request } = {} }: Happening,
  updated: readonly string[] | undefined,
): Audit {
  const before = current?.fields
  const names = updated ?? (fields === undefined ? [] : changedFields(before ?? {}, fields))
  const changed = except.length === 0 ? names : names.filter((name) => !except.includes(name))
  const attributes = pick(fields ?? before ?? {}, compared)
  const held = before === undefined ? attributes : pick(before, compared)
  const gone =
    type === 'deleted' ? Object.keys(before ?? {}).filter((name) => !except.includes(name)) : changed
  return {
    changed,
    ...(via !== undefined && { via }),
    ...(request !== undefined && { request }),
    ...(values && before !== undefined && { before: pick(before, gone) }),
    ...(values && fields !== undefined && { after: pick(fields, changed) }),
    attributes,
    ...(!isDeepStrictEqual(held, attributes) && { attributesBefore: held }),
  }
}

export function changedFields(before: Fields, after: Fields): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]))
}
