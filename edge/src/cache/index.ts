/** Public interface of the cache. */
export type { Warmed } from './engine/background.ts'
export {
  type CacheCall,
  type CacheRequest,
  type Forward,
  type ForwardOrder,
  originHeaders,
} from './engine/cache-call.ts'
export { createHttpCache } from './engine/engine.ts'
export type { HttpCache, HttpCacheOptions } from './engine/http-cache.ts'
export { BrokenAnswer, LateAnswer } from './engine/no-answer.ts'
export type { Viewer } from './engine/viewer.ts'
export { createPassThrough, type PassThrough, type PassThroughOptions } from './pass-through.ts'
export { apiRules, type CacheRules, passThroughRules } from './policy/rules.ts'
export type { PurgeEverywhere, ZonePurgeReport } from './purge/isolate-queue.ts'
export type { StampStore } from './purge/stamp.ts'
export { TagStamps, type TagStampsOptions } from './purge/tag-stamps.ts'
export { WorkersStampStore } from './purge/workers-stamp-store.ts'
export { createQueuedPurge, createZonePurge, type PurgeQueueStub } from './purge/zone-purge.ts'
export { boundedCache } from './store/bounded-cache.ts'
export type { CacheStore } from './store/cache-store.ts'
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.ts'
export { type CacheApi, WorkersCacheStore } from './store/workers-cache-store.ts'
