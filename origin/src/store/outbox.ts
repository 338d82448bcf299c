import type { EventType, Fields, Resource } from '@spillway/origin/contract'

/**
 * Events in the document whose writes they tell of: they are stored with the write, or not at all, without another
 * command. The drain copies them to the log of changes and removes them here.
 *
 * A replacement carries the events that its document had when it was read, so it never loses one. It may bring back one
 * that was drained meanwhile: the log then refuses the second copy by its id.
 */
export interface Outbox {
  /** Time of the oldest write, in ms since the epoch: an index of it finds the documents with events. */
  readonly since: number
  /** In the order of their writes. */
  readonly events: readonly OutEvent[]
  /** `_expires` of a tombstone, which must not be removed before its events are drained. */
  readonly expires?: Date
}

/** Whether writes of a resource leave events in its documents. */
export const hasOutbox = ({ events, history }: Resource): boolean =>
  events !== undefined || history !== undefined

/** Kind of a write. */
export interface OutEvent {
  /** Id of the write, unique for ever. */
  readonly id: string
  readonly type: EventType
  /** Version that the write made; of a deletion, the one that it deleted. */
  readonly version: number
  /** Time of the write, RFC 3339. */
  readonly at: string
  /** Subject of its caller; absent if there was none. */
  readonly by?: string
  /** Names of the fields that an update changed. */
  readonly changed?: readonly string[]
  /**
   * Values before the write of the fields that the read rule compares, if the write may have hidden the document from
   * somebody.
   */
  readonly was?: Fields
  /** Values of the history beyond it, in resources with one. */
  readonly audit?: Audit
}

/** Values of a record of the history beyond the event of its write. */
export interface Audit {
  /** Stored names of the changed fields: all of a new document, none of a deletion. */
  readonly changed: readonly string[]
  /** The action, handler or job that wrote. */
  readonly via?: string
  /** Id of the request. */
  readonly request?: string
  /** Values of the changed fields, of a deletion of all fields, where the resource asks for them. */
  readonly before?: Fields
  readonly after?: Fields
  /** Values of the fields that decide who may read: after the write, or before a deletion. */
  readonly attributes: Fields
  /** The same before the write, where it changed one. */
  readonly attributesBefore?: Fields
}

/**
 * Number of events from which a document that was read is compared with the log. A document that is written all the time
 * is always read before the drain removes its events, and would carry all of them for ever.
 */
export const comparedFrom = 16

/** Maximum number of events in one document. Beyond it writes are refused: the drain does not run. */
export const eventsMax = 1_000
