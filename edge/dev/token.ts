import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import type { PrivateJwk } from './keys.ts'

/** Issuer and audience of development tokens. */
export interface TokenSigner {
  readonly key: PrivateJwk
  readonly issuer: string
  readonly audience: string
}

export interface TokenRequest {
  readonly sub: string
  /** @default none */
  readonly scopes?: readonly string[]
  /** A negative value makes an expired token. @default 3600 */
  readonly expiresInSeconds?: number
  /** Claims to add or replace; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header parameters to add or replace. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** Audience that the API requires. */
export const tokenAudience = 'spillway'

/** An access token of the JWT profile (RFC 9068): `typ` at+jwt, and the claims of its §2.2. */
export async function mintToken(signer: TokenSigner, request: TokenRequest): Promise<string> {
  const { sub, scopes = [], expiresInSeconds = 3600, claims, header } = request
  const iat = Math.floor(Date.now() / 1000)
  const { key, issuer, audience } = signer
  const payload = {
    iss: issuer,
    sub,
    aud: audience,
    iat,
    exp: iat + expiresInSeconds,
    jti: randomUUID(),
    client_id: 'spillway-development',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...claims,
  }
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(await importJWK(key, key.alg))
}
