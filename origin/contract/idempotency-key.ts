import { limits } from './limits.ts'

/**
 * Parses an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a structured-field string (RFC 8941),
 * with or without quotes, because most clients send none. Keys are stored for at least 24 hours, per subject, version
 * and resource.
 *
 * @returns the key without quotes; `undefined` if it is empty, too long or not printable ASCII
 */
export function parseIdempotencyKey(value: string): string | undefined {
  // Parameters may follow the string (RFC 8941 §3.3); none is defined, so they are ignored.
  const key = /^"([^"]*)"(?: *;[\x20-\x7e]*)?$/.exec(value)?.[1] ?? value
  const wellFormed = /^[\x21-\x7e]+$/.test(key) && !key.includes('"') && !key.includes('\\')
  return wellFormed && key.length <= limits.idempotencyKeyLengthMax ? key : undefined
}

/** Minimum time for which a key is stored, in ms. */
export const idempotencyRetentionMs = 24 * 3_600_000
