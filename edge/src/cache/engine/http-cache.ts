import type { CacheRules } from '../policy/rules.ts'
import type { TagStamps } from '../purge/tag-stamps.ts'
import type { CacheStore } from '../store/cache-store.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { Warmed } from './background.ts'
import type { CacheCall, CacheRequest } from './cache-call.ts'
import type { Wait } from './flights.ts'
import type { Viewer } from './viewer.ts'

/** A shared HTTP cache (RFC 9111): the isolate's memory, optionally over a store shared by several isolates. */
export interface HttpCache {
  /**
   * The fast path: a fresh answer from memory, built without a promise. `undefined` in every other case; then call
   * {@link handle}. Handles `GET`, `HEAD`, `If-None-Match`, `If-Modified-Since` and `Range`.
   *
   * @param reader as in {@link CacheCall}
   */
  tryFresh(key: string, request: CacheRequest, nowMs: number, reader?: Reader): Response | undefined

  /**
   * Answers from the cache, or through `call.forward`, by RFC 9111. Every answer carries `Cache-Status`. Other methods
   * are forwarded; unsafe ones invalidate (§4.4) if `keyOfUrl` is set.
   *
   * @throws the rejection of `forward`, when no stored answer may stand in
   * @throws {BrokenAnswer} when the answer broke off, {LateAnswer} when it was `late`, under the same condition
   */
  handle(call: CacheCall): Promise<Response>

  /**
   * For a caller about to refuse: any stored answer within its lifetime, `stale-while-revalidate` or `stale-if-error`,
   * without asking the origin; `undefined` if there is none.
   */
  serveStored(call: StoredCall): Promise<Response | undefined>

  /**
   * Whether an answer may come from anything but a new request to the origin: memory, the data centre's store, or a
   * fetch that is under way.
   *
   * @param reader as in {@link CacheCall}
   */
  mayHold(key: string, request: CacheRequest, nowMs: number, reader?: Reader): boolean

  /**
   * Fetches an answer in the background, as a refresh does, unless a stored one is usable without validation: in
   * memory, in the data centre's store, or by a fetch that is under way.
   */
  warm(call: CacheCall): Promise<Warmed>

  /**
   * Drops all answers with any of these tags: at once in this isolate, within the stamps' `recheckMs` in the other
   * isolates of the data centre. No fetch that began before this call is stored after it. The promise resolves when the
   * purge is visible to the other isolates; `undefined` if there are none.
   */
  purge(tags: readonly string[]): Promise<void> | undefined
}

/** A caller's limits on stored answers. */
export interface Reader {
  readonly notBeforeMs?: number | undefined
  readonly viewer?: Viewer | undefined
}

/** A call that is answered without the origin. */
export type StoredCall = Pick<CacheCall, 'request' | 'key' | 'viewer' | 'notBeforeMs'>

export interface HttpCacheOptions {
  readonly rules: CacheRules
  readonly memory: MemoryStore
  /** Store of the data centre. Without it, only the isolate's memory is used. */
  readonly shared?: CacheStore
  readonly stamps: TagStamps
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** @default a timer */
  readonly wait?: Wait
  /** Larger bodies are streamed on and not stored. @default 1 MiB */
  readonly bodyBytesMax?: number
  /** Longest wait for a fetch before one waiting request starts another for all of them. @default 5000 */
  readonly flightWaitMs?: number
  /** Time for which requests for a key do not wait for each other after an unshareable answer. @default 2000 */
  readonly hitForMissMs?: number
  /** Eagerness of early refresh; 1 is optimal according to the paper, 0 disables it. @default 1 */
  readonly earlyRefreshBeta?: number
  /** Maximum lifetime in the shared store. Stamps must live longer. @default 172_800 (two days) */
  readonly keepMaxSeconds?: number
  /** Pass-through mode: cache key of a URL, so that unsafe methods can invalidate it (RFC 9111 §4.4). */
  readonly keyOfUrl?: (url: URL) => string
  /**
   * Pass-through mode: further names of the origin, as `https://host`, that its `Location` and `Content-Location` may
   * use. @default none
   */
  readonly origins?: readonly string[]
}
