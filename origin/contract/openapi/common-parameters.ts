import { idPattern, limits } from '../limits.ts'
import type { Json } from './json.ts'

const etagPattern = '^(\\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'

export const commonParameters = {
  id: {
    name: 'id',
    in: 'path',
    required: true,
    // Excludes `batch`, which is another path.
    schema: { type: 'string', pattern: idPattern.source.replace('^', '^(?!batch$)') },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    description: '`nextCursor` of the page before; opaque.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]+$', maxLength: limits.cursorLengthMax },
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'ETag of the document as you saw it; another one is answered 412 (RFC 9110 §13.1.1).',
    schema: { type: 'string', pattern: etagPattern },
  },
  ifMatchRequired: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'ETag of the document as you saw it; another one is answered 412, none 428 (RFC 6585 §3).',
    schema: { type: 'string', pattern: etagPattern },
  },
  ifNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETag of what you hold; 304 where it is still right (RFC 9110 §13.1.2).',
    schema: { type: 'string' },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Your own key for this request, kept for 24 hours: a retry with it is answered with the first answer.',
    schema: {
      type: 'string',
      pattern: '^[!#-\\[\\]-~]+$',
      minLength: 1,
      maxLength: limits.idempotencyKeyLengthMax,
    },
  },
} satisfies Record<string, Json>
