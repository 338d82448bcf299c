import type { FieldReader } from '../../lib/field-map.ts'
import { weaklyEqual } from './entity-tag.ts'
import type { Validators } from './preconditions.ts'

/**
 * Whether a 304 confirms the stored answer (RFC 9111 §4.3.4): each of its validators must equal the stored one. A
 * strong validator decides alone. A 304 without validators confirms, since it answers the validators that we sent.
 */
export function confirms(notModified: FieldReader, stored: Validators): boolean {
  const etag = notModified.get('etag')
  if (etag !== null && stored.etag !== null) return weaklyEqual(etag, stored.etag)
  const lastModified = notModified.get('last-modified')
  return lastModified === null || stored.lastModified === null || lastModified === stored.lastModified
}

/** Validators for the conditional request to the origin (§4.3.1). */
export function validatorFields(stored: Validators): readonly (readonly [string, string])[] {
  const fields: [string, string][] = []
  if (stored.etag !== null) fields.push(['if-none-match', stored.etag])
  if (stored.lastModified !== null) fields.push(['if-modified-since', stored.lastModified])
  return fields
}
