import { attributesOf } from './access/attributes.ts'
import type { AccessRule } from './access.ts'
import { checkDuration, type Duration, durationSeconds } from './duration.ts'

/**
 * Events of a resource: each write of one of its documents is recorded in a log, in order per document, and sent by the
 * feed `GET /VERSION/RESOURCE/changes`.
 */
export interface EventsOptions {
  /** Time for which an event can be read, `1h` to `365d`. @default '7d' */
  readonly keep?: Duration
}

/** Checked options with defaults. */
export interface EventsRule {
  readonly keepMs: number
  /** Stored fields that the read rule compares. An event keeps their values where they decide who may see it. */
  readonly attributes: readonly string[]
}

/** Kinds of writes of a document. */
export const eventTypes = ['created', 'updated', 'deleted', 'restored'] as const
export type EventType = (typeof eventTypes)[number]

/** @param read rule of the resource */
export function resolveEvents(
  events: boolean | EventsOptions | undefined,
  read: AccessRule,
): EventsRule | undefined {
  if (events === undefined || events === false) return undefined
  const { keep = '7d' } = events === true ? {} : events
  return { keepMs: durationSeconds(keep) * 1_000, attributes: attributesOf(read) }
}

/** Mistakes in the options, each with its fix. */
export function* checkEvents({
  events,
  stored,
}: {
  readonly events?: boolean | EventsOptions
  readonly stored?: object
}): Generator<string> {
  if (events !== undefined && events !== false && stored !== undefined) {
    yield 'events are kept in the documents, and stored describes documents that others read: remove one of them'
  }
  if (typeof events === 'object') yield* checkDuration('events.keep', events.keep, ['1h', '365d'])
}
