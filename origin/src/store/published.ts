import { isDeepStrictEqual } from 'node:util'
import { type EventType, type Fields, pick, type Resource } from '@spillway/origin/contract'
import type { StoredRecord } from './envelope.ts'
import { eventsMax, type OutEvent } from './outbox.ts'
import type { StoredDocument } from './repository.ts'

export interface Happening {
  readonly type: EventType
  /** Document before the write. */
  readonly current?: StoredDocument
  /** Fields after an update. */
  readonly fields?: Fields
  readonly by?: string | undefined
}

/** The record with the event of its write, if its resource has events. */
export function published(resource: Resource, record: StoredRecord, happening: Happening): StoredRecord {
  const { events: rule } = resource
  // perf: a resource without events pays this comparison.
  if (rule === undefined) return record
  const { type, current, fields, by } = happening
  const changed =
    current !== undefined && fields !== undefined ? changedFields(current.fields, fields) : undefined
  const hides = type === 'deleted' || rule.attributes.some((name) => changed?.includes(name) === true)
  const event: OutEvent = {
    // The cast is safe: every write has an id.
    id: record._w[0] as string,
    type,
    version: type === 'deleted' ? (current?.version ?? 0) : record._v,
    at: record._updated,
    ...(by !== undefined && { by }),
    ...(changed !== undefined && { changed }),
    ...(hides &&
      current !== undefined &&
      rule.attributes.length > 0 && { was: pick(current.fields, rule.attributes) }),
  }
  const pending = current?.bookkeeping.pending
  const since = pending?.since ?? Date.parse(record._updated)
  const events = pending === undefined ? [event] : [...pending.events, event]
  if (record._expires === undefined) return { ...record, _out: { since, events } }
  const { _expires: expires, ...kept } = record
  return { ...kept, _out: { since, events, expires } }
}

function changedFields(before: Fields, after: Fields): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]))
}

/** Whether a record has too many events to be written. */
export const isFull = ({ _out }: StoredRecord): boolean =>
  _out !== undefined && _out.events.length > eventsMax
