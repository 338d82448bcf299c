import { createIsolateQueue, type IsolateQueueOptions, type PurgeEverywhere } from './isolate-queue.ts'
import { callPurgeApi, type HandOver, type PurgeApiOptions, tagsPerCallMax } from './purge-api.ts'

type Timing = Pick<IsolateQueueOptions, 'now' | 'sleep'> & Partial<Omit<IsolateQueueOptions, 'handOver'>>

/**
 * Calls the zone's API from each isolate. The API limits calls per account, so this suits few isolates: many exhaust
 * the limit, and their tags wait for the next writer. Bind the queue where purges matter.
 */
export const createZonePurge = (options: Omit<PurgeApiOptions, 'now'> & Timing): PurgeEverywhere =>
  createIsolateQueue({
    batchMax: tagsPerCallMax,
    ...options,
    handOver: (tags) => callPurgeApi(tags, options),
  })

/** The part of the zone's queue that an isolate calls: a stub of the Durable Object. */
export interface PurgeQueueStub {
  add(tags: readonly string[]): Promise<void>
}

/** Maximum number of tags per call of the queue. */
const tagsPerAddMax = 1_000

/** Passes each isolate's tags to the zone's queue, which keeps them until they are purged everywhere. */
export const createQueuedPurge = (stub: () => PurgeQueueStub, options: Timing): PurgeEverywhere =>
  createIsolateQueue({
    batchMax: tagsPerAddMax,
    ...options,
    handOver: async (tags): Promise<HandOver> => {
      try {
        // A failed stub may be unusable, so each attempt creates a new one.
        await stub().add(tags)
        return { kind: 'accepted' }
      } catch {
        return { kind: 'unreachable' }
      }
    },
  })
