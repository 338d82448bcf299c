import { type AccessRule, isPublic, ownerField } from './access.ts'
import { type Duration, durationSeconds } from './duration.ts'

/**
 * Audience of a stored answer.
 * - `public`: anyone; no rule guards the read.
 * - `authorized`: any caller whom the edge has let through. Our edge checks before it looks up, so it may share the
 *   answer; a cache downstream does not check, so clients are told `private`.
 * - `subject`: the one subject whose key it is stored under.
 */
export type Visibility = 'public' | 'authorized' | 'subject'

export interface CacheOptions {
  /** How long the edge may answer without asking the origin. */
  readonly maxAge: Duration
  /** How long after that it may still answer while it asks (RFC 5861 §3). @default '0s' */
  readonly staleWhileRevalidate?: Duration
  /** How long it may answer when the origin fails, sheds or cannot be reached (RFC 5861 §4). @default '0s' */
  readonly staleIfError?: Duration
  /** @default the widest that `access.read` allows */
  readonly visibility?: Visibility
  /**
   * Fields of `query.filter` by whose values lists are told apart when something is written: a write to a place in New
   * Zealand leaves the lists of France stored. Name those that lists are asked for by, the finest first; each is one or two
   * tags more to purge with every write, so neither one that is different in every document nor one that is nearly the same
   * in all. @default none: a write drops all lists of the resource
   */
  readonly listsBy?: readonly string[]
}

export type CacheRule =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'stored'
      readonly visibility: Visibility
      readonly maxAgeSeconds: number
      readonly staleWhileRevalidateSeconds: number
      readonly staleIfErrorSeconds: number
      readonly listsBy: readonly string[]
    }

/** The widest audience that a read rule permits. */
export function widestVisibility(read: AccessRule): Visibility {
  if (ownerField(read) !== undefined) return 'subject'
  return isPublic(read) ? 'public' : 'authorized'
}

/** Options → rule in seconds. @throws {RangeError} for a malformed duration */
export function resolveCacheRule(options: CacheOptions | 'none', read: AccessRule): CacheRule {
  if (options === 'none') return { kind: 'none' }
  return {
    kind: 'stored',
    visibility: options.visibility ?? widestVisibility(read),
    maxAgeSeconds: durationSeconds(options.maxAge),
    staleWhileRevalidateSeconds: durationSeconds(options.staleWhileRevalidate ?? '0s'),
    staleIfErrorSeconds: durationSeconds(options.staleIfError ?? '0s'),
    listsBy: options.listsBy ?? [],
  }
}

/**
 * `Cache-Control` for clients. They may keep an answer but must ask before each use (`no-cache`, RFC 9111 §5.2.2.4):
 * the edge answers the question with a 304 for next to nothing, and a writer's own browser never hides a write.
 */
export function clientCacheControl(rule: CacheRule): string {
  if (rule.kind === 'none') return 'no-store'
  return rule.visibility === 'public' ? 'public, no-cache' : 'private, no-cache'
}

/** `CDN-Cache-Control` for the edge (RFC 9213): the lifetimes that the contract declares. */
export function edgeCacheControlValue(rule: CacheRule): string {
  if (rule.kind === 'none') return 'no-store'
  return [
    `max-age=${rule.maxAgeSeconds}`,
    `stale-while-revalidate=${rule.staleWhileRevalidateSeconds}`,
    `stale-if-error=${rule.staleIfErrorSeconds}`,
  ].join(', ')
}

/**
 * `CDN-Cache-Control` of a read that may not have seen the newest acknowledged write, as can be after a change of
 * primary. It answers those who wait for it, and nobody after them without the origin being asked again, not even in
 * place of an error. `no-store` would say less: the edge would not let requests for it wait for one another.
 */
export const uncertainEdgeCacheControl = (rule: CacheRule): string =>
  rule.kind === 'none' ? 'no-store' : 'max-age=0, stale-while-revalidate=0, stale-if-error=0'

/**
 * `CDN-Cache-Control` of a 404 to a document. It is stored under the reader's key, so one subject's 404 of another's
 * document is that subject's alone, and under the document's tag, which its creation purges. Short, since it saves
 * nothing but the questions of those who ask for the same nothing again and again.
 */
export const missingCacheControl = 'max-age=10'

/** Tag of one document's stored answers. */
export const documentTag = (resourceName: string, id: string): string => `${resourceName}:${id}`

/** Tag of everything that one version shows of a resource, under one revision of how. An id has no `@`. */
export const revisionTag = (resourceName: string, version: string, revision: string): string =>
  `${resourceName}@${version}:${revision}`

/**
 * Tag of all of a resource's lists; where lists are kept per subject, one tag per subject, so that one person's write does
 * not empty everybody's cache. Which of them a write has changed is told by {@link ./list-tags.ts}.
 */
export const listTag = (resourceName: string, subject?: string): string =>
  subject === undefined ? `${resourceName}:*` : `${resourceName}:*:${encodeURIComponent(subject)}`
