import type { Priority } from '../priority.ts'

/**
 * Questions of an edge to the origin about API keys. No caller's request reaches this path: the edge routes none to it.
 */
export const askKeysPath = '/.spillway/api-keys'

/** Body of a question. A question about no key asks for the changes alone. */
export interface KeyQuestion {
  /** Id of a key that the edge does not know. */
  readonly id?: string
  /** Ids of keys that were in use since the last question. */
  readonly used: readonly string[]
}

/** Maximum ids in `used`: the rest goes with the next question. */
export const usedMax = 1_000

export interface KeyAnswer {
  /** The key that was asked for; `null` if there is none. */
  readonly key?: AskedKey | null
  /** Id and revision of each key that has changed recently. */
  readonly changed: readonly (readonly [id: string, revision: string])[]
  /** Whether more has changed than is listed: nothing that an edge knows counts any more. */
  readonly isCut: boolean
}

/** A key as an edge needs it. */
export interface AskedKey {
  /** Changes with everything below. */
  readonly revision: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, readonly string[]>>
  readonly priority?: Priority
  readonly isRevoked: boolean
  /** Epoch seconds. */
  readonly issuedAtSeconds: number
  /** Digests of its secrets (SHA-256 of the whole key, base64url). */
  readonly secrets: readonly { readonly hash: string; readonly untilMs: number }[]
}

/**
 * Time within which a change of a key takes effect at every edge. All parts of it are upper bounds: an edge uses what
 * it knows for `usableMs` after it last heard from the origin, whose list of changes may be `listedMs` old.
 */
export const keyTimes = {
  /** Age of the edge's last question from which it asks again, beside the requests that it serves. */
  askMs: 10_000,
  /** Age of the last answered question from which no key counts before the origin has answered. */
  usableMs: 45_000,
  /** Longest answer that goes on, such as a stream of changes: with `usableMs` and `listedMs` less than a minute. */
  answerMs: 10_000,
  /** Age of the origin's list of changes. */
  listedMs: 1_000,
  /** Changes that the origin lists: those of this time. It allows for clocks of writers that differ by minutes. */
  changesMs: 10 * 60_000,
  /** Age of the last answered question from which an edge forgets all keys: a change may be listed no longer. */
  forgetMs: 4 * 60_000,
  /** Time for which an edge remembers that there is no such key. */
  missingMs: 10_000,
} as const
