import { createIsolateQueue, type IsolateQueueOptions, type PurgeEverywhere } from './isolate-queue.ts'
import { callPurgeApi, type HandOver, type PurgeApiOptions, tagsPerCallMax } from './purge-api.ts'

type Timing = Pick<IsolateQueueOptions, 'now' | 'sleep'> & Partial<Omit<IsolateQueueOptions, 'handOver'>>

/**
 * Each isolate calls the zone's API by itself. The API counts calls by account, so this is for few isolates: many refuse
 * each other, and tags wait for whoever writes next. Bind the queue where purges matter.
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

/** Most tags that an isolate gives the queue at once. */
const tagsPerAddMax = 1_000

/** Every isolate gives its tags to the one queue of the zone, which keeps them until they are purged everywhere. */
export const createQueuedPurge = (stub: () => PurgeQueueStub, options: Timing): PurgeEverywhere =>
  createIsolateQueue({
    batchMax: tagsPerAddMax,
    ...options,
    handOver: async (tags): Promise<HandOver> => {
      try {
        // A stub that has failed once may be of no more use, so each attempt takes a new one.
        await stub().add(tags)
        return { kind: 'accepted' }
      } catch {
        return { kind: 'unreachable' }
      }
    },
  })
