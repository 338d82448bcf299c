import { decodeBase64UrlText, isCanonicalBase64Url, limits } from '@spillway/origin/contract'
import type { TokenFault } from './token-refusal.ts'

/** Header and claims of a token whose signature is not verified yet. Use them only to choose a key. */
export interface UnverifiedToken {
  readonly compact: string
  readonly algorithm: string
  readonly type: string | undefined
  readonly kid: string | undefined
  readonly issuer: string
}

/**
 * Header parameters that are refused rather than ignored: some let a token bring its own key (RFC 8725 §3.10;
 * CVE-2018-0114), others change how the token is read (RFC 7515 §4.1.11, RFC 7797, RFC 7516).
 */
const refusedParameters = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc']

/** The token of an `Authorization` value. The scheme is case-insensitive (RFC 9110 §11.1), one space follows. */
export function bearerToken(authorization: string): string | undefined {
  if (authorization.length < 8 || authorization.charCodeAt(6) !== 0x20) return undefined
  return authorization.startsWith('Bearer') || authorization.slice(0, 6).toLowerCase() === 'bearer'
    ? authorization.slice(7)
    : undefined
}

/** Parses a compact JWS (RFC 7515 §7.1) strictly: one encoding per token, no duplicate members. */
export function readUnverified(compact: string): UnverifiedToken | TokenFault {
  if (compact.length > limits.tokenBytesMax) return 'oversize'
  const parts = compact.split('.')
  const [headerPart = '', claimsPart = '', signaturePart = ''] = parts
  if (parts.length !== 3 || !parts.every(isCanonicalBase64Url)) return 'malformed'
  if (signaturePart === '') return 'malformed'
  const headerText = decodeBase64UrlText(headerPart) ?? ''
  const claimsText = decodeBase64UrlText(claimsPart) ?? ''
  const header = parseObject(headerText)
  const claims = parseObject(claimsText)
  if (header === undefined || claims === undefined) return 'malformed'
  if (hasMemberTwice(headerText) || hasMemberTwice(claimsText)) return 'duplicate-member'
  if (refusedParameters.some((name) => Object.hasOwn(header, name))) return 'header-parameter'
  const { alg, typ, kid } = header
  if (typeof alg !== 'string') return 'algorithm'
  if (typ !== undefined && typeof typ !== 'string') return 'type'
  // Optional (RFC 7515 §4.1.4). An empty string names no key.
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 256)) return 'key-unknown'
  if (typeof claims.iss !== 'string') return 'issuer'
  return { compact, algorithm: alg, type: typ, kid, issuer: claims.iss }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the top level of a JSON object has a duplicate member. RFC 7519 §4 lets a parser take the last one, while
 * another parser of the same token may take the first. The text is known to be valid JSON, so the scan tracks only
 * strings and nesting.
 */
function hasMemberTwice(json: string): boolean {
  const names = new Set<unknown>()
  let depth = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    else if (depth === 1 && token.endsWith(':')) {
      const name: unknown = JSON.parse(token.slice(0, -1).trimEnd())
      if (names.has(name)) return true
      names.add(name)
    }
  }
  return false
}
