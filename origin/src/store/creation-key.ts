import { hash } from 'node:crypto'
import type { CreationKey } from './repository.ts'

/**
 * Idempotency-Keys without a table of keys. The id of the document is derived from the key, so the unique index on `_id`
 * is the lock, and the document carries the fingerprint of its request, so it is its own record: remembering a key
 * costs no write beyond the one it protects, and there is no moment at which one of the two exists without the other.
 */

/** Id of what a key creates: a UUIDv8 (RFC 9562 §5.8) of SHA-256 over everything that the key is scoped to. */
export const keyedId = (resourceName: string, { subject, version, key }: CreationKey): string =>
  // JSON keeps the parts apart: no choice of subject and key can run into another. `null` is no subject's text.
  uuidV8(JSON.stringify([resourceName, version, subject ?? null, key]))

/** Ids of a batch's items, derived from the batch's own. */
export const keyedItemId = (batchId: string, index: number): string => uuidV8(`${batchId}/${index}`)

/** Fingerprint that tells a repeated request from another one under the same key: operation and body text. */
export const requestFingerprint = (operation: string, body: string): string =>
  hash('sha256', `${operation}\n${body}`, 'base64url').slice(0, 22)

function uuidV8(name: string): string {
  // In one call, here and above: half the time of a `Hash` object for a text this short.
  const hex = hash('sha256', name)
  const variant = variantDigits[Number.parseInt(hex.charAt(16), 16)]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Two bits of the variant, and two of what the digest has there. */
const variantDigits = '89ab89ab89ab89ab'
