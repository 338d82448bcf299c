import { type Principal, principalFromClaims } from './principal.ts'

/**
 * The edge's assertion towards the origin: a JWS (RFC 7515) that says who asks, signed with a key that only the edge
 * has. It speaks of the caller, not of one request, so the edge signs once per subject and minute and the origin
 * checks once; the request itself is protected by the connection (tunnel or mutual TLS). It lives two minutes at most.
 *
 * `alg` is fixed, `typ` is our own (RFC 8725 §3.11), and issuer and audience are names that no token issuer uses: an
 * end user's token is never an assertion and an assertion is never a token.
 */
export const assertionProfile = {
  algorithm: 'EdDSA',
  type: 'spillway-assertion+jwt',
  issuer: 'spillway-edge',
  audience: 'spillway-origin',
  /** `exp - iat`, in seconds. The origin refuses a longer life. */
  lifetimeSeconds: 120,
  /** The edge reuses one assertion for as long as this, in seconds. */
  reuseSeconds: 60,
  /** Difference between two machines' clocks that is forgiven, in seconds. */
  clockToleranceSeconds: 5,
} as const

/** Claims of an assertion, without those that the profile fixes. No `sub`: a caller without a token. */
export interface AssertionClaims {
  readonly [claim: string]: unknown
  readonly sub?: string
  readonly scope?: string
  readonly spillway_priority?: string
  /** Values of the claims that rules name. */
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

/** Claims of a verified assertion → who asks; `undefined`: a caller without a token. */
export function principalOfAssertion(claims: AssertionClaims): Principal | undefined {
  const principal = principalFromClaims(claims)
  const { spillway_claims: carried } = claims
  return principal === undefined || carried === undefined ? principal : { ...principal, claims: carried }
}
