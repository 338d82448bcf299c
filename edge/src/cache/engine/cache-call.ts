/**
 * Arguments of the cache for one request, and its callbacks. Names no runtime: `Request`, `Response` and `Headers` are
 * those of the Fetch standard.
 */

import type { FieldSource } from '../../lib/field-map.ts'
import type { ForwardReason } from '../policy/cache-status.ts'
import type { Viewer } from './viewer.ts'

/** A request that the cache wants sent to the origin. */
export interface ForwardOrder {
  /** `GET` when the cache fetches an answer to store, otherwise the client's own method. */
  readonly method: string
  readonly reason: ForwardReason
  /**
   * `true`: forward the client's `If-*` and `Range` fields unchanged. `false`: drop them and send `validators` instead,
   * since the answer is for the store and for all waiting requests. {@link originHeaders} does both.
   */
  readonly keepConditions: boolean
  /** `If-None-Match` and `If-Modified-Since` of the stored answer under validation (RFC 9111 §4.3.1). */
  readonly validators: readonly (readonly [name: string, value: string])[]
  /**
   * A background refresh (stale-while-revalidate or early refresh), which no reader waits for: shed first, never
   * retried.
   */
  readonly background: boolean
}

/**
 * Sends the request to the origin. Rejects when the origin is unreachable, the deadline passes or the request is shed;
 * the cache then serves a stored answer if allowed, or rejects with the same reason.
 *
 * The answer to an order with `keepConditions: false` may be shared, so do not tie it to the client's `request.signal`.
 * The cache cancels a body that it does not read.
 */
export type Forward = (order: ForwardOrder) => Promise<Reply>

/** An answer of the origin; a `Response` is one. */
export interface Reply {
  readonly status: number
  readonly statusText: string
  readonly headers: FieldSource
  readonly body: ReadableStream<Uint8Array> | null
  arrayBuffer(): Promise<ArrayBuffer>
  /** Bounds the wait for a body that is read from `body`; rejects when it takes too long. @default no bound */
  readonly within?: <T>(reading: Promise<T>) => Promise<T>
}

/** The part of a request that the cache reads. */
export type CacheRequest = Pick<Request, 'method' | 'url' | 'headers'>

export interface CacheCall {
  /** The client's request. The cache reads its method and its `If-*`, `Range` and (by rule) `Cache-Control` fields. */
  readonly request: CacheRequest
  /**
   * The primary cache key. It covers everything that the answer depends on, including the subject of a subject's own
   * answer; only pass-through mode adds `Vary`.
   */
  readonly key: string
  /** The caller, if stored answers are shown to some callers of the key only. */
  readonly viewer?: Viewer | undefined
  readonly forward: Forward
  /** Keeps background work and shared fetches alive after this answer has gone out. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /**
   * Read your own writes: the cache ignores answers requested from the origin at or before this instant (epoch
   * milliseconds), in every layer.
   */
  readonly notBeforeMs?: number
  /**
   * Resolves when this reader's deadline passes. During a wait, for its own fetch or another's, the reader then gets a
   * stale answer or a {@link LateAnswer}, and the fetch continues. Without a deadline, a reader waits for its own fetch
   * without limit, and for another's up to `flightWaitMs`.
   */
  readonly late?: Promise<undefined>
  /**
   * Importance of the reader, 0 being the highest. The failure of a less important reader's fetch, which is shed
   * sooner, does not decide for this one. @default 0
   */
  readonly rank?: number
  /** Tags for the stored answer, added to those of its `Cache-Tag` field. */
  readonly tags?: readonly string[]
  /**
   * Tags that the answer will probably carry. The cache reads their purge stamps before the fetch: then it can
   * distinguish a purge during the fetch from an earlier one, and need not discard the answer to be safe.
   */
  readonly foreseenTags?: readonly string[]
}

const conditions = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
] as const

/** A copy of the client's header fields, changed for the origin as the order asks. */
export function originHeaders(clientHeaders: Headers, order: ForwardOrder): Headers {
  const sent = new Headers(clientHeaders)
  if (order.keepConditions) return sent
  for (const name of conditions) sent.delete(name)
  for (const [name, value] of order.validators) sent.set(name, value)
  return sent
}
