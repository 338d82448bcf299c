import { limits } from './limits.ts'

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a structured-field string (RFC 8941), with or without
 * its quotes, since most clients send it bare. Kept for at least 24 hours and scoped to subject, version and resource.
 *
 * @returns the key without quotes, or `undefined` where it is empty, too long or not printable ASCII
 */
export function parseIdempotencyKey(value: string): string | undefined {
  // Parameters may follow the string (RFC 8941 §3.3): none is defined, so they say nothing.
  const key = /^"([^"]*)"(?: *;[\x20-\x7e]*)?$/.exec(value)?.[1] ?? value
  const wellFormed = /^[\x21-\x7e]+$/.test(key) && !key.includes('"') && !key.includes('\\')
  return wellFormed && key.length <= limits.idempotencyKeyLengthMax ? key : undefined
}

/** How long a key is remembered at the least, in ms. */
export const idempotencyRetentionMs = 24 * 3_600_000
