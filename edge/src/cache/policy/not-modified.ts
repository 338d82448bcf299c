import { weaklyEqual } from './entity-tag.ts'
import type { Validators } from './preconditions.ts'

/**
 * Whether a 304 speaks of the stored answer (RFC 9111 §4.3.4): every validator in it must be the stored one. Strong
 * validators decide alone; a 304 without any is taken at its word, since it answers the very validators we sent.
 */
export function confirms(notModified: Headers, stored: Validators): boolean {
  const etag = notModified.get('etag')
  if (etag !== null && stored.etag !== null) return weaklyEqual(etag, stored.etag)
  const lastModified = notModified.get('last-modified')
  return lastModified === null || stored.lastModified === null || lastModified === stored.lastModified
}

/** The condition under which the origin may answer 304 (§4.3.1). */
export function validatorFields(stored: Validators): readonly (readonly [string, string])[] {
  const fields: [string, string][] = []
  if (stored.etag !== null) fields.push(['if-none-match', stored.etag])
  if (stored.lastModified !== null) fields.push(['if-modified-since', stored.lastModified])
  return fields
}
