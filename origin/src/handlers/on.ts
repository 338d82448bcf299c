import {
  type ActionResource,
  type Duration,
  durationSeconds,
  type EventType,
  eventTypes,
} from '@spillway/origin/contract'
import type { ActionStore } from '../action/action-store.ts'

/** An event, as handlers get it. */
export interface HandledEvent {
  /** Unique for ever; the same at each attempt. */
  readonly id: string
  readonly type: EventType
  /** Id of the document. */
  readonly documentId: string
  /** Version of the document that the write made; of a deletion, the one that it deleted. */
  readonly version: number
  /** Time of the write, RFC 3339 in UTC. */
  readonly at: string
  /** Subject of its caller; absent if there was none. */
  readonly by?: string
  /** Names of the fields that an update changed. */
  readonly changed?: readonly string[]
  /** Place in the order of all events. */
  readonly position: number
}

export interface HandlerContext {
  /**
   * Reads and writes documents as they are now. Writes are committed together when the handler has returned, or not at
   * all; for one event they happen once, even if the handler runs again.
   */
  readonly store: ActionStore
  /** Equal for every attempt of this event: use it as the idempotency key of outgoing calls. */
  readonly key: string
  /** Number of this attempt, from 1. */
  readonly attempt: number
  /** Time of the writes, RFC 3339 in UTC. */
  readonly now: string
  /** Aborted when the deadline has passed or the process stops. Pass it to everything that the handler awaits. */
  readonly signal: AbortSignal
}

export interface HandlerOptions {
  /** Its place among the events is stored under this name: keep it. Lower-case letters, digits and hyphens. */
  readonly name: string
  readonly types: readonly EventType[]
  /** Time limit of an attempt, `1s` to `10m`. @default '30s' */
  readonly timeout?: Duration
  /** Attempts until an event is given up, 1 to 10. @default 10, over about a day */
  readonly attempts?: number
  /** Events of different documents that are handled at the same time, 1 to 32. @default 4 */
  readonly concurrency?: number
}

/** A handler of events, checked. */
export interface EventHandler {
  readonly resource: ActionResource
  readonly name: string
  readonly types: readonly EventType[]
  readonly timeoutMs: number
  readonly attempts: number
  readonly concurrency: number
  readonly onEvent: (event: HandledEvent, context: HandlerContext) => unknown
}

/**
 * Defines a handler of a resource's events. It gets each event at least once, those of one document in order. Server code:
 * never bundled into the Worker.
 *
 * @throws {RangeError} with the mistake in the options
 */
export function on(
  resource: ActionResource,
  options: HandlerOptions,
  onEvent: (event: HandledEvent, context: HandlerContext) => unknown,
): EventHandler {
  const { name, types, timeout = '30s', attempts = 10, concurrency = 4 } = options
  const mistake = mistakeIn({
    name,
    types,
    timeoutMs: durationSeconds(timeout) * 1_000,
    attempts,
    concurrency,
  })
  if (mistake !== undefined) throw new RangeError(`handler '${name}': ${mistake}`)
  return {
    resource,
    name,
    types,
    timeoutMs: durationSeconds(timeout) * 1_000,
    attempts,
    concurrency,
    onEvent,
  }
}

/** Form of the names of handlers and jobs. */
export const workName = /^[a-z][a-z0-9-]{0,62}$/

function mistakeIn({
  name,
  types,
  timeoutMs,
  attempts,
  concurrency,
}: Pick<EventHandler, 'name' | 'types' | 'timeoutMs' | 'attempts' | 'concurrency'>): string | undefined {
  if (!workName.test(name))
    return 'a name has lower-case letters, digits and hyphens, and starts with a letter'
  if (types.length === 0 || !types.every((type) => eventTypes.includes(type)))
    return `types are some of ${eventTypes.join(', ')}`
  if (timeoutMs < 1_000 || timeoutMs > 600_000) return 'timeout must be from 1s to 10m'
  if (!isWithin(attempts, 10)) return 'attempts must be an integer from 1 to 10'
  if (!isWithin(concurrency, 32)) return 'concurrency must be an integer from 1 to 32'
  return undefined
}

const isWithin = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max
