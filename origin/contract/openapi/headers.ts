import { type Json, ref } from './json.ts'

/** Headers of an answer, by name. */
export const headerRefs = (...names: (keyof typeof commonHeaders)[]): Json =>
  Object.fromEntries(names.map((name) => [name, ref('headers', name)]))

export const commonHeaders = {
  ETag: { description: 'Validator (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  Link: { description: '`rel="next"`: the next page (RFC 8288).', schema: { type: 'string' } },
  Location: { description: 'Path of the new document.', schema: { type: 'string' } },
  'Cache-Control': { description: 'Keep it, but ask before you use it again.', schema: { type: 'string' } },
  'Content-Location': {
    description: 'Path of the document that is the answer (RFC 9110 §8.7).',
    schema: { type: 'string' },
  },
  'Content-Range': {
    description: 'Which bytes, and of how many (RFC 9110 §14.4).',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'RFC 6750 §3.', schema: { type: 'string' } },
  'X-Request-Id': {
    description: 'Names this request in the logs. Not on an answer from a cache that is in none.',
    schema: { type: 'string', format: 'uuid' },
  },
  'Idempotency-Replayed': {
    description: '`true` where this is the answer of an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
} satisfies Record<string, Json>
