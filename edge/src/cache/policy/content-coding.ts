import type { CacheRules } from './rules.ts'

/**
 * Whether a body, once the runtime has read it, is without the coding that its fields declare. Codings are
 * case-insensitive (RFC 9110 §8.4.1), but the runtime undoes those alone that are written as it knows them: `GZIP` is
 * stored and sent on as it came, field and all.
 */
export const isDecoded = (headers: Headers, rules: CacheRules): boolean =>
  rules.decodedCodings.includes(headers.get('content-encoding') ?? '')

/** RFC 9111 §5.2.2.6: whether such an answer forbids to be kept and sent without its coding. */
export const forbidsDecoding = (headers: Headers, rules: CacheRules): boolean =>
  isDecoded(headers, rules) && /\bno-transform\b/i.test(headers.get('cache-control') ?? '')
