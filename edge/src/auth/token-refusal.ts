import type { Problem } from '@spillway/origin/contract'

/**
 * Check that a token failed: for logs and tests. Callers learn no more than they need (RFC 6750 §3.1). `claim:azp` is a
 * claim that the issuer's configuration requires and the token lacks, or has with another value.
 */
export type TokenFault = PlainFault | ClaimFault
export type ClaimFault = `claim:${string}`
type PlainFault =
  | 'malformed'
  | 'oversize'
  | 'algorithm'
  | 'type'
  | 'header-parameter'
  | 'duplicate-member'
  | 'issuer'
  | 'key-unknown'
  | 'signature'
  | 'expired'
  | 'not-yet-valid'
  | 'audience'
  | 'claims'
  | 'revoked'
  | 'keys-unavailable'
  | 'api-key-malformed'
  | 'api-key-unknown'
  | 'api-key-expired'
  | 'api-key-revoked'
  | 'api-keys-unavailable'

const details: Readonly<Record<PlainFault, string>> = {
  malformed: 'Authorization must be one "Bearer" and one signed JSON Web Token in its compact form.',
  oversize: 'The access token is too large.',
  algorithm: 'The access token is signed with an algorithm that is not accepted.',
  type: 'This is not an access token.',
  'header-parameter': 'The access token has a header parameter that is not accepted.',
  'duplicate-member': 'The access token has a duplicate member.',
  issuer: 'The issuer of the access token is not trusted.',
  'key-unknown': 'The access token is signed with a key that its issuer does not publish.',
  signature: 'The signature of the access token is invalid.',
  expired: 'The access token has expired.',
  'not-yet-valid': 'The access token is not valid yet.',
  audience: 'The access token is for another audience.',
  claims: 'The access token lacks a required claim, or a claim has the wrong type.',
  revoked: 'The access token has been revoked.',
  'keys-unavailable': 'The signing keys of the token issuer are unavailable. Retry later.',
  'api-key-malformed': 'Not a valid API key: it is incomplete or mistyped.',
  'api-key-unknown': 'There is no such API key.',
  'api-key-expired': 'The API key has expired.',
  'api-key-revoked': 'The API key has been revoked.',
  'api-keys-unavailable': 'The API key cannot be checked at present. Retry later.',
}

/** Faults of ours, not of the caller's. */
export const isUnavailable = (fault: TokenFault): boolean =>
  fault === 'keys-unavailable' || fault === 'api-keys-unavailable'

const isClaimFault = (fault: TokenFault): fault is ClaimFault => fault.startsWith('claim:')

/** The answer to a refused token: 401 with the challenge of RFC 6750 §3, or 503 when the fault is ours. */
export function tokenProblem(fault: TokenFault, retryAfterSeconds: number): Problem {
  const detail = isClaimFault(fault)
    ? `This is not an access token for this API: the value of its claim '${fault.slice('claim:'.length)}' is not accepted.`
    : details[fault]
  if (isUnavailable(fault)) return { code: 'keys-unavailable', detail, retryAfterSeconds }
  const challenge = `Bearer realm="spillway", error="invalid_token", error_description="${detail.replaceAll('"', "'")}"`
  return { code: 'invalid-token', detail, headers: { 'www-authenticate': challenge } }
}
