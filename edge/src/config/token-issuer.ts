import type { IssuerLogin } from './issuer-login.ts'

/**
 * Signature algorithms that may be allowed. All are asymmetric: with a shared secret, the verifier could also sign.
 * `Ed25519` (RFC 9864) and the older `EdDSA` allow each other, since only keys of that curve are accepted.
 */
export const tokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** Claims by name: the string values of which a token must have one, or `true` if any string will do. */
export type RequiredClaims = Readonly<Record<string, readonly string[] | true>>

export interface TokenIssuer {
  /** `iss`, compared character by character (RFC 9068 §4). */
  readonly issuer: string
  /**
   * URL of its key set: `https:`, or `http:` on the local machine. @default found by discovery, in the issuer's
   * `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4)
   */
  readonly jwksUri: string | undefined
  /**
   * Value that `aud` must contain. `undefined` for an issuer whose access tokens have no `aud`; then {@link
   * requiredClaims} must identify the intended API.
   */
  readonly audience: string | undefined
  readonly algorithms: readonly TokenAlgorithm[]
  /**
   * `typ` values that an access token may have (RFC 9068 §2.1); `null` for a token without `typ`. An ID token has none
   * either, so a list with `null` requires `audience` or {@link requiredClaims} to distinguish the two. @default
   * ['at+jwt']
   */
  readonly types: readonly (string | null)[]
  /**
   * Required claims: each value is a string, a list of which one must match, or `true` for a claim that must be there.
   * Amazon Cognito's access tokens have neither `typ` nor `aud`: `{ "token_use": "access", "client_id": ["…"] }`.
   * @default {}
   */
  readonly requiredClaims: RequiredClaims
  /** Claims with values that are refused, such as `{ "sts": "pending" }` of Clerk. @default {} */
  readonly refusedClaims: Readonly<Record<string, readonly string[]>>
  /**
   * Tolerated clock difference from the issuer, in seconds (RFC 7519 §4.1.4: "usually no more than a few minutes"). A
   * token stays valid that much longer. @default 5
   */
  readonly clockToleranceSeconds: number
  /**
   * Namespace of the issuer's subjects. `sub` is unique only within an issuer (RFC 7519 §4.1.2), so a subject is known
   * as `<namespace>:<sub>`, or as plain `sub` if the namespace is empty. Two issuers with one namespace share their
   * subjects, which allows a migration between issuers. With several issuers, each must set it. @default ''
   */
  readonly namespace: string
  /**
   * Places of claims that rules name, each a claim's name or a path, e.g. `{ "roles": ["realm_access.roles"] }` for
   * Keycloak; the values of all places are taken together. @default the claim of the same name
   */
  readonly claims: Readonly<Record<string, readonly string[]>>
  /** @default the documentation page takes a pasted token only */
  readonly login?: IssuerLogin | undefined
}
