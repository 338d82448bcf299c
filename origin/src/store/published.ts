import { pick, type Resource } from '@spillway/origin/contract'
import { auditOf, changedFields, type Happening } from './audit.ts'
import type { StoredRecord } from './envelope.ts'
import { eventsMax, type OutEvent } from './outbox.ts'

/** The record with the event of its write, if its resource has events or a history. */
export function published(resource: Resource, record: StoredRecord, happening: Happening): StoredRecord {
  const { events: rule, history } = resource
  // perf: a resource without events pays this comparison.
  if (rule === undefined && history === undefined) return record
  const { type, current, fields, author: { by } = {} } = happening
  const changed =
    type === 'updated' && current !== undefined && fields !== undefined
      ? changedFields(current.fields, fields)
      : undefined
  const attributes = rule?.attributes ?? []
  const hides = type === 'deleted' || attributes.some((name) => changed?.includes(name) === true)
  const event: OutEvent = {
    // The cast is safe: every write has an id.
    id: record._w[0] as string,
    type,
    version: type === 'deleted' ? (current?.version ?? 0) : record._v,
    at: record._updated,
    ...(by !== undefined && { by }),
    ...(changed !== undefined && { changed }),
    ...(hides && current !== undefined && attributes.length > 0 && { was: pick(current.fields, attributes) }),
    ...(history !== undefined && { audit: auditOf(history, happening, changed) }),
  }
  const pending = current?.bookkeeping.pending
  const since = pending?.since ?? Date.parse(record._updated)
  const events = pending === undefined ? [event] : [...pending.events, event]
  if (record._expires === undefined) return { ...record, _out: { since, events } }
  const { _expires: expires, ...kept } = record
  return { ...kept, _out: { since, events, expires } }
}

/** Whether a record has too many events to be written. */
export const isFull = ({ _out }: StoredRecord): boolean =>
  _out !== undefined && _out.events.length > eventsMax
