import type { EventType, Resource } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { ChangeLog } from '../src/store/change-log.ts'
import type { CommandBounds } from '../src/store/command-bounds.ts'
import type { StoredRecord } from '../src/store/envelope.ts'

/** An event of a write, as its handlers, receivers of webhooks and followers get to know of it. */
export interface RecordedEvent {
  readonly type: EventType
  /** Name of the resource. */
  readonly resource: string
  /** Id of the document. */
  readonly id: string
  readonly version: number
  /** Subject of the caller; absent if there was none. */
  readonly by?: string
  /** Fields that an update changed. */
  readonly changed?: readonly string[]
  /** RFC 3339. */
  readonly at: string
}

const eventsMax = 10_000

/** Events of all writes so far, by time: those in the log, and those that still wait in their documents. */
export async function recordedEvents(
  db: Db,
  bounds: CommandBounds,
  resources: Iterable<Resource>,
): Promise<readonly RecordedEvent[]> {
  const found = new Map<string, RecordedEvent>()
  for (const { name, events } of resources) {
    if (events === undefined) continue
    // The documents first: what the drain moves meanwhile is in the log then.
    const waiting = db.collection<StoredRecord>(name).find({ '_out.events': { $exists: true } })
    for await (const { _id, _out } of waiting) {
      for (const { id: event, ...rest } of _out?.events ?? []) {
        found.set(event, eventOf(name, _id, rest))
      }
    }
  }
  for (const { event, resource, document, ...rest } of await new ChangeLog(db, bounds).allAfter(
    0,
    eventsMax,
  )) {
    found.set(event, eventOf(resource, document, rest))
  }
  return [...found.values()].sort((a, b) => (a.at === b.at ? a.version - b.version : a.at < b.at ? -1 : 1))
}

const eventOf = (
  resource: string,
  id: string,
  { type, version, by, changed, at }: Omit<RecordedEvent, 'resource' | 'id'>,
): RecordedEvent => ({
  ...{ type, resource, id, version, at },
  ...(by !== undefined && { by }),
  ...(changed !== undefined && { changed }),
})
