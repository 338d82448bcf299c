import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { changesCollection } from '../store/change-log.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { historyCollection } from '../store/history-log.ts'
import { hasOutbox } from '../store/outbox.ts'
import { type DrainObservation, type DrainTimes, EventDrain } from './drain.ts'

export interface StartEventsOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  /** Names of indexes that are not built yet, each after its collection. */
  readonly unreadyIndexes: () => readonly string[]
  readonly isBusy: () => boolean
  readonly holder: string
  readonly observe: (observation: DrainObservation) => void
  readonly times?: DrainTimes
}

export interface StartedEvents {
  /** Age of the oldest event that is not in the log, in ms. */
  readonly lagMs: () => number
  /** Events that this process has appended to the log. */
  readonly moved: () => number
  /** Ends this process's part in the work. */
  stop(): Promise<void>
}

const noEvents: StartedEvents = { lagMs: () => 0, moved: () => 0, stop: async () => {} }

/** Starts the drain of events; does nothing for an application without any. */
export function startEvents(options: StartEventsOptions): StartedEvents {
  const { catalogue, unreadyIndexes, ...others } = options
  const resources = [...catalogue.values()].filter(hasOutbox)
  if (resources.length === 0) return noEvents
  // The drain finds documents by one index, and the log needs all indexes of its collection.
  const isReady = (collection: string): boolean =>
    !unreadyIndexes().some(
      (name) =>
        name === `${collection}.${outboxIndexName}` ||
        name.startsWith(`${changesCollection}.`) ||
        name.startsWith(`${historyCollection}.`),
    )
  const drain = new EventDrain({ ...others, resources, isReady })
  const stopping = new AbortController()
  const work = drain.run(stopping.signal)
  return {
    lagMs: () => drain.lagMs,
    moved: () => drain.moved,
    async stop() {
      stopping.abort()
      await work
    },
  }
}

/** Name of the index that finds documents with events. */
export const outboxIndexName = '_out.since_1'
