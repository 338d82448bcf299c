import type { CacheRules } from '../policy/rules.ts'
import type { TagStamps } from '../purge/tag-stamps.ts'
import type { CacheStore } from '../store/cache-store.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { CacheCall, CacheRequest } from './cache-call.ts'
import type { Wait } from './flights.ts'

/** A shared HTTP cache (RFC 9111) over one memory store and, where there is one, a store shared by its isolates. */
export interface HttpCache {
  /**
   * The fast path: a fresh answer from memory, built without a promise; `undefined` whenever anything else is called
   * for, {@link handle} first of all. Answers `GET`, `HEAD`, `If-None-Match`, `If-Modified-Since` and `Range`.
   *
   * @param notBeforeMs as in {@link CacheCall}
   */
  tryFresh(key: string, request: CacheRequest, nowMs: number, notBeforeMs?: number): Response | undefined

  /**
   * Answers from the cache, or through `call.forward`, by RFC 9111. Every answer carries `Cache-Status`. Safe methods
   * that are not stored, and unsafe ones, go through too; the latter invalidate (§4.4) where `keyOfUrl` is given.
   *
   * @throws whatever `forward` rejected with, where nothing stored may stand in for the answer
   * @throws {BrokenAnswer} where the answer broke off, {LateAnswer} where it was not here by `untilMs`; likewise
   */
  handle(call: CacheCall): Promise<Response>

  /**
   * For a caller about to refuse: any stored answer within its lifetime, its `stale-while-revalidate` or its
   * `stale-if-error`, without asking the origin; `undefined` when there is none, so that refusing is all that is left.
   */
  serveStored(call: Pick<CacheCall, 'request' | 'key' | 'notBeforeMs'>): Promise<Response | undefined>

  /**
   * Drops what carries any of the tags: at once in this isolate, within the stamps' `recheckMs` in the other isolates of this
   * data centre, and no fetch that began before this call is stored after it. What this isolate answers is right as soon
   * as the call returns; the promise resolves when the others have been told, and there is none where there are none.
   */
  purge(tags: readonly string[]): Promise<void> | undefined
}

export interface HttpCacheOptions {
  readonly rules: CacheRules
  readonly memory: MemoryStore
  /** Store of the data centre. Without it the isolate's memory is all there is. */
  readonly shared?: CacheStore
  readonly stamps: TagStamps
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** @default a timer */
  readonly wait?: Wait
  /** Larger bodies are passed on as they come and not stored. @default 1 MiB */
  readonly bodyBytesMax?: number
  /** Longest wait for a fetch before one of those who wait asks again, for all of them. @default 5000 */
  readonly flightWaitMs?: number
  /** How long requests do not wait for each other after an answer that could not be shared. @default 2000 */
  readonly hitForMissMs?: number
  /** Eagerness of early refresh; 1 is optimal by the paper, 0 turns it off. @default 1 */
  readonly earlyRefreshBeta?: number
  /** Longest stay in the shared store. Stamps must outlast it. @default 172_800 (two days) */
  readonly keepMaxSeconds?: number
  /** Pass-through mode: key of a URL, so that unsafe methods invalidate it (RFC 9111 §4.4). */
  readonly keyOfUrl?: (url: URL) => string
  /**
   * Pass-through mode: names of the origin, as `https://host`, that its `Location` and `Content-Location` may use beside
   * the one that clients ask. @default none
   */
  readonly origins?: readonly string[]
}
