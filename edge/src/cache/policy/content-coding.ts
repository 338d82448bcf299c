import type { FieldReader } from '../../lib/field-map.ts'
import type { CacheRules } from './rules.ts'

/**
 * Whether the runtime has decoded a body whose fields declare a coding. Codings are case-insensitive (RFC 9110 §8.4.1),
 * but the runtime decodes only its own spelling: a body labelled `GZIP` is stored and sent as received, with its field.
 */
export const isDecoded = (headers: FieldReader, rules: CacheRules): boolean =>
  rules.decodedCodings.includes(headers.get('content-encoding') ?? '')

/** RFC 9111 §5.2.2.6: whether an answer that would be decoded forbids it (`no-transform`). */
export const forbidsDecoding = (headers: FieldReader, rules: CacheRules): boolean =>
  isDecoded(headers, rules) && /\bno-transform\b/i.test(headers.get('cache-control') ?? '')
