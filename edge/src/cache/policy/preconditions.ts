import { entityTags, weaklyEqual } from './entity-tag.ts'
import { parseHttpDate } from './http-date.ts'

/** Validators of a stored answer, parsed once. */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
  readonly lastModifiedMs: number | undefined
  /** `Date`, or the time of receipt. */
  readonly dateMs: number
  /** Instant to compare with `If-Modified-Since`; `undefined` to ignore that field. */
  readonly modifiedMs: number | undefined
}

/** Enough for a few hundred tags. */
const ifNoneMatchLengthMax = 8_192

/**
 * Whether the client's conditions turn the answer into a 304 (RFC 9111 §4.3.2, and RFC 9110 §13.2.2 as far as it
 * concerns caches): `If-None-Match` decides alone if present. `If-Match` and `If-Unmodified-Since` are for the origin
 * (RFC 9110 §13.1.1, §13.1.4).
 */
export function isNotModified(
  ifNoneMatch: string | null,
  ifModifiedSince: string | null,
  stored: Validators,
): boolean {
  if (ifNoneMatch !== null) {
    // Ignores an overlong list, which no honest client sends: the whole answer is always correct.
    if (ifNoneMatch.length > ifNoneMatchLengthMax) return false
    if (ifNoneMatch.trim() === '*') return true
    const { etag } = stored
    return (
      etag !== null && (ifNoneMatch === etag || entityTags(ifNoneMatch).some((tag) => weaklyEqual(tag, etag)))
    )
  }
  const { dateMs, modifiedMs } = stored
  if (ifModifiedSince === null || modifiedMs === undefined) return false
  const sinceMs = parseHttpDate(ifModifiedSince, dateMs)
  return sinceMs !== undefined && modifiedMs <= sinceMs
}
