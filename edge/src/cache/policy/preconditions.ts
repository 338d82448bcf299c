import { entityTags, weaklyEqual } from './entity-tag.ts'
import { parseHttpDate } from './http-date.ts'

/** The validators of a stored answer, read once. */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
  readonly lastModifiedMs: number | undefined
  /** `Date`, or when it was received. */
  readonly dateMs: number
  /** Instant that `If-Modified-Since` is compared with; `undefined`: it is ignored. */
  readonly modifiedMs: number | undefined
}

/** A few hundred tags. */
const ifNoneMatchLengthMax = 8_192

/**
 * Whether a client's conditions make the answer a 304 (RFC 9110 §13.2.2 in the part that concerns caches, RFC 9111
 * §4.3.2): `If-None-Match` decides alone where present. `If-Match` and `If-Unmodified-Since` are for the origin
 * (RFC 9110 §13.1.1, §13.1.4).
 */
export function isNotModified(
  ifNoneMatch: string | null,
  ifModifiedSince: string | null,
  stored: Validators,
): boolean {
  if (ifNoneMatch !== null) {
    // The whole answer is always right, and a list of tags that nobody was given is not worth reading.
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
