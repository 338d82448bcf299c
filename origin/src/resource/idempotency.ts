import { headers, type Parsed, parseIdempotencyKey, type View } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { requestFingerprint } from '../store/creation-key.ts'
import type { CreationKey } from '../store/repository.ts'

/**
 * The parsed Idempotency-Key of a request, or `undefined` without one.
 *
 * @param operation method and path, so that a key of one operation is not taken for another's
 * @param text text of the body, the same for a repeated request
 */
export function keyOf(
  view: View,
  { headers: sent, principal }: Pick<FastifyRequest, 'headers' | 'principal'>,
  operation: string,
  text: () => string,
): Parsed<CreationKey | undefined> {
  const field = sent[headers.idempotencyKey]
  if (field === undefined) return { ok: true, value: undefined }
  const refuse = (detail: string): Parsed<never> => ({
    ok: false,
    problem: { code: 'invalid-header', detail, errors: [{ header: headers.idempotencyKey, detail }] },
  })
  const key = parseIdempotencyKey(String(field))
  if (key === undefined)
    return refuse('Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.')
  if (principal === undefined)
    return refuse('Idempotency-Key requires an access token, because a key belongs to a subject.')
  const request = requestFingerprint(operation, text())
  return { ok: true, value: { subject: principal.subject, version: view.version, key, request } }
}
