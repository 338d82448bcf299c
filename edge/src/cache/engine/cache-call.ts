/**
 * Arguments of the cache for one request, and the calls that it makes back to the caller. Nothing in
 * here names a runtime: `Request`, `Response` and `Headers` are those of the Fetch standard.
 */

import type { ForwardReason } from '../policy/cache-status.ts'

/** One request that the cache wants made to the origin. */
export interface ForwardOrder {
  /** `GET` when the cache fetches an answer to store, otherwise the client's own method. */
  readonly method: string
  readonly reason: ForwardReason
  /**
   * `true`: send the client's `If-*` and `Range` fields on as they are. `false`: drop them and send `validators`
   * instead, since what comes back is for the store and for everyone who waits, not for this client alone.
   * {@link originHeaders} does both.
   */
  readonly keepConditions: boolean
  /** `If-None-Match` and `If-Modified-Since` of the stored answer under validation (RFC 9111 §4.3.1). */
  readonly validators: readonly (readonly [name: string, value: string])[]
  /**
   * Nobody waits for this answer (stale-while-revalidate or early refresh): the first to be shed, never retried.
   */
  readonly background: boolean
}

/**
 * Sends the request to the origin. It rejects when the origin cannot be reached, the deadline passes or the call is
 * shed; the cache then answers from what is stored, if that is allowed, or rejects with the same reason.
 *
 * The answer of an order with `keepConditions: false` may be shared, so it must not depend on the client's own
 * connection: do not tie it to `request.signal`. A body that nobody reads is cancelled by the cache.
 */
export type Forward = (order: ForwardOrder) => Promise<Response>

/** Part of a request that the cache reads. */
export type CacheRequest = Pick<Request, 'method' | 'url' | 'headers'>

export interface CacheCall {
  /** The client's request. Its method and its `If-*`, `Range` and (by rule) `Cache-Control` fields are looked at. */
  readonly request: CacheRequest
  /**
   * The primary cache key. Everything that the answer depends on is in it, the subject included where the answer is
   * one subject's own; only in pass-through mode does `Vary` add to it.
   */
  readonly key: string
  readonly forward: Forward
  /** Keeps background work and shared flights alive after this answer has gone out. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /**
   * Read your own writes: answers that were asked of the origin at or before this instant (epoch milliseconds) are
   * not used, in whichever layer they lie.
   */
  readonly notBeforeMs?: number
  /**
   * When an answer is too late for this reader, in epoch milliseconds. Whoever still waits then, for its own fetch or
   * for another's, gets what may stand in or a {@link LateAnswer}; the fetch goes on. Without it a fetch is waited for
   * as long as it takes, and another's as long as `flightWaitMs`.
   */
  readonly untilMs?: number
  /**
   * How important the reader is, 0 the most. A fetch that failed for somebody less important, who is shed sooner, decides
   * nothing for this one. @default 0
   */
  readonly rank?: number
  /** Tags for what gets stored, beside those of the answer's `Cache-Tag` field. */
  readonly tags?: readonly string[]
  /**
   * Tags that the answer will probably carry. Their stamps are known before the origin is asked, so that a purge that
   * overlaps the fetch is told from one before it, and what was fetched need not be thrown away to be sure.
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

/** The client's header fields as the order wants them sent to the origin. A copy: `clientHeaders` stays as it is. */
export function originHeaders(clientHeaders: Headers, order: ForwardOrder): Headers {
  const sent = new Headers(clientHeaders)
  if (order.keepConditions) return sent
  for (const name of conditions) sent.delete(name)
  for (const [name, value] of order.validators) sent.set(name, value)
  return sent
}
