import { type Json, ref } from './json.ts'

/** Headers of an answer, by name. */
export const headerRefs = (...names: (keyof typeof commonHeaders)[]): Json =>
  Object.fromEntries(names.map((name) => [name, ref('headers', name)]))

export const commonHeaders = {
  ETag: { description: 'Validator (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  Link: { description: '`rel="next"`: the next page (RFC 8288).', schema: { type: 'string' } },
  Location: { description: 'Path of the created document.', schema: { type: 'string' } },
  'Cache-Control': {
    description: 'How long the answer may be reused (RFC 9111 §5.2.2).',
    schema: { type: 'string' },
  },
  'Content-Location': {
    description: 'Path of the document in the answer (RFC 9110 §8.7).',
    schema: { type: 'string' },
  },
  'Content-Range': {
    description: 'Range of the bytes sent, and their total number (RFC 9110 §14.4).',
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds to wait before the next attempt (RFC 9110 §10.2.3).',
    schema: { type: 'integer', minimum: 1 },
  },
  RateLimit: {
    description:
      'What remains of each limit, and when it is whole again (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description:
      'Limits of the caller: requests `q` in `w` seconds (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description: 'Authentication scheme and the reason of the refusal (RFC 6750 §3).',
    schema: { type: 'string' },
  },
  'X-Request-Id': {
    description: 'Id of this request in the logs. Absent from an answer that another cache has stored.',
    schema: { type: 'string', format: 'uuid' },
  },
  'Idempotency-Replayed': {
    description: '`true` if this is the stored answer to an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
} satisfies Record<string, Json>
