import { createRemoteJWKSet, jwtVerify } from 'jose'

/** Issuer whose tokens are accepted. */
export interface KnownIssuer {
  readonly url: string
  readonly jwksUri: string
  readonly audience: string
}

/**
 * Checks a bearer token as in jose's manual: the key set is fetched once and kept, and each token is verified.
 *
 * @returns function that returns the token's subject, or `undefined` for an invalid token
 */
export function tokenCheck({ url, jwksUri, audience }: KnownIssuer) {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  return async (authorization: string | undefined): Promise<string | undefined> => {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return undefined
    return jwtVerify(token, keys, { issuer: url, audience, algorithms: ['ES256', 'EdDSA'] }).then(
      ({ payload }) => payload.sub,
      () => undefined,
    )
  }
}
