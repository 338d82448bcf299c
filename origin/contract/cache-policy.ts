import { type AccessRule, isPublic, ownerField, readsDocument } from './access.ts'
import { type Duration, durationSeconds } from './duration.ts'

/**
 * Audience of a stored answer.
 * - `public`: anyone; no rule guards the read.
 * - `authorized`: every caller that the edge admits. Our edge checks before the look-up, so it may share the answer;
 *   downstream caches do not check, so clients receive `private`.
 * - `residual`: callers with the same residual rule ({@link ./access/residual.ts}), who see the same documents, and the
 *   same fields of them.
 * - `subject`: only the subject in its cache key, with a token of the same residual and the same fields.
 */
export type Visibility = 'public' | 'authorized' | 'residual' | 'subject'

export interface CacheOptions {
  /** Time for which the edge may serve it without asking the origin. */
  readonly maxAge: Duration
  /** Time after that for which it may be served during a refresh (RFC 5861 §3). @default '0s' */
  readonly staleWhileRevalidate?: Duration
  /** Time for which it may be served when the origin fails, sheds or is unreachable (RFC 5861 §4). @default '0s' */
  readonly staleIfError?: Duration
  /** @default the widest that `access.read` allows */
  readonly visibility?: Visibility
  /**
   * Fields whose values separate the lists that a write invalidates: a write to a place in New Zealand leaves the lists
   * of France stored, and a write to a draft those of published documents. Name fields that lists are filtered by, or
   * that `access.read` narrows them to, the most selective first. Each adds one or two tags to every write's purge, so
   * avoid fields that are unique per document or nearly constant.
   * @default none: a write drops all lists of the resource
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

/**
 * The widest audience that a read rule permits.
 *
 * @param hidesFields whether some callers are not shown some fields
 */
export function widestVisibility(read: AccessRule, hidesFields = false): Visibility {
  if (ownerField(read) !== undefined) return 'subject'
  if (readsDocument(read) || hidesFields) return 'residual'
  return isPublic(read) ? 'public' : 'authorized'
}

/** Options → rule in seconds. @throws {RangeError} for a malformed duration */
export function resolveCacheRule(
  options: CacheOptions | 'none',
  read: AccessRule,
  hidesFields = false,
): CacheRule {
  if (options === 'none') return { kind: 'none' }
  return {
    kind: 'stored',
    visibility: options.visibility ?? widestVisibility(read, hidesFields),
    maxAgeSeconds: durationSeconds(options.maxAge),
    staleWhileRevalidateSeconds: durationSeconds(options.staleWhileRevalidate ?? '0s'),
    staleIfErrorSeconds: durationSeconds(options.staleIfError ?? '0s'),
    listsBy: options.listsBy ?? [],
  }
}

/** Visibilities, the narrowest first. */
export const narrowToWide: readonly Visibility[] = ['subject', 'residual', 'authorized', 'public']

/** Rule of an answer made of two: the narrower audience and the shorter lifetimes; none where either has none. */
export function narrowest(one: CacheRule, other: CacheRule): CacheRule {
  if (one.kind === 'none') return one
  if (other.kind === 'none') return other
  const isNarrower = narrowToWide.indexOf(one.visibility) <= narrowToWide.indexOf(other.visibility)
  return {
    kind: 'stored',
    visibility: isNarrower ? one.visibility : other.visibility,
    maxAgeSeconds: Math.min(one.maxAgeSeconds, other.maxAgeSeconds),
    staleWhileRevalidateSeconds: Math.min(one.staleWhileRevalidateSeconds, other.staleWhileRevalidateSeconds),
    staleIfErrorSeconds: Math.min(one.staleIfErrorSeconds, other.staleIfErrorSeconds),
    listsBy: one.listsBy,
  }
}

/**
 * `Cache-Control` for clients. They may keep an answer but must revalidate it before each use (`no-cache`, RFC 9111
 * §5.2.2.4): the edge answers with a cheap 304, and a browser's cache never hides its user's own write.
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
 * `CDN-Cache-Control` of a read that may miss the newest acknowledged write, as after a change of primary. The answer
 * serves the requests waiting for it, but no later one without asking the origin, not even in place of an error.
 * `no-store` would prevent the edge from collapsing the waiting requests.
 */
export const uncertainEdgeCacheControl = (rule: CacheRule): string =>
  rule.kind === 'none' ? 'no-store' : 'max-age=0, stale-while-revalidate=0, stale-if-error=0'

/**
 * `CDN-Cache-Control` of a document's 404. It is stored under the reader's key, so one subject's 404 for another's
 * document stays that subject's, and under the document's tag, which its creation purges. Short, since it only saves
 * repeated requests for the same missing document.
 */
export const missingCacheControl = 'max-age=10'

/** Tag of one document's stored answers. */
export const documentTag = (resourceName: string, id: string): string => `${resourceName}:${id}`

/** Tag of all answers that show a resource in one version and revision. Ids contain no `@`. */
export const revisionTag = (resourceName: string, version: string, revision: string): string =>
  `${resourceName}@${version}:${revision}`

/**
 * Tag of all lists of a resource; if lists are kept per subject, one tag per subject, so that one subject's write does
 * not purge everybody's lists. {@link ./list-tags.ts} determines the lists that a write changes.
 */
export const listTag = (resourceName: string, subject?: string): string =>
  subject === undefined ? `${resourceName}:*` : `${resourceName}:*:${encodeURIComponent(subject)}`
