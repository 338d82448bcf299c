import { type Principal, principalFromClaims } from './principal.ts'

/**
 * The edge's assertion for the origin: a JWS (RFC 7515) about the caller, signed with a key that only the edge has. It
 * covers the caller and not one request, so the edge signs once per subject and minute, and the origin verifies once;
 * the connection (tunnel or mutual TLS) protects the request itself. It lives at most two minutes.
 *
 * `alg` is fixed, `typ` is specific (RFC 8725 §3.11), and no token issuer uses its issuer and audience: a user's token
 * is never a valid assertion, and an assertion never a valid token.
 */
export const assertionProfile = {
  algorithm: 'EdDSA',
  type: 'spillway-assertion+jwt',
  issuer: 'spillway-edge',
  audience: 'spillway-origin',
  /** Lifetime (`exp - iat`), in seconds. The origin refuses a longer one. */
  lifetimeSeconds: 120,
  /** Time for which the edge reuses an assertion, in seconds. */
  reuseSeconds: 60,
  /** Tolerated clock skew between machines, in seconds. */
  clockToleranceSeconds: 5,
} as const

/** Claims of an assertion, without those that the profile fixes. Without `sub` for a caller without a token. */
export interface AssertionClaims {
  readonly [claim: string]: unknown
  readonly sub?: string
  readonly scope?: string
  readonly spillway_priority?: string
  /** Values of the claims that rules read. */
  readonly spillway_claims?: Readonly<Record<string, readonly string[]>>
}

export function assertionClaims(principal: Principal | undefined): AssertionClaims {
  if (principal === undefined) return {}
  const { subject, scopes, priority, claims } = principal
  return {
    sub: subject,
    scope: scopes.join(' '),
    ...(priority !== undefined && { spillway_priority: priority }),
    ...(claims !== undefined && { spillway_claims: claims }),
  }
}

/** Converts the claims of a verified assertion to the principal; `undefined` for a caller without a token. */
export function principalOfAssertion(claims: AssertionClaims): Principal | undefined {
  const principal = principalFromClaims(claims)
  const { spillway_claims: carried } = claims
  return principal === undefined || carried === undefined ? principal : { ...principal, claims: carried }
}
