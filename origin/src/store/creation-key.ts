import { hash } from 'node:crypto'
import type { CreationKey } from './repository.ts'

/**
 * Idempotency-Keys without a table of keys. The document's id is derived from the key, so that the unique index on
 * `_id` serves as the lock. The document also stores the fingerprint of its request. So a key costs no additional
 * write, and key and document cannot exist without each other.
 */

/** Id of the document that a key creates: a UUIDv8 (RFC 9562 §5.8) from SHA-256 over the scope of the key. */
export const keyedId = (resourceName: string, { subject, version, key }: CreationKey): string =>
  // JSON separates the parts unambiguously; `null` cannot be a subject.
  uuidV8(JSON.stringify([resourceName, version, subject ?? null, key]))

/** Ids of a batch's items, derived from the id of the batch. */
export const keyedItemId = (batchId: string, index: number): string => uuidV8(`${batchId}/${index}`)

/** Digest of operation and body: tells a repeated request from a different one with the same key. */
export const requestFingerprint = (operation: string, body: string): string =>
  hash('sha256', `${operation}\n${body}`, 'base64url').slice(0, 22)

function uuidV8(name: string): string {
  // perf: one-shot `hash`, here and above, takes half the time of a `Hash` object for such a short text.
  const hex = hash('sha256', name)
  const variant = variantDigits[Number.parseInt(hex.charAt(16), 16)]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Hexadecimal digits for the variant: two fixed bits, and two bits of the digest. */
const variantDigits = '89ab89ab89ab89ab'
