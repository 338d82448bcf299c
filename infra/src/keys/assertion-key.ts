import { createHash, generateKeyPairSync } from 'node:crypto'
import { assertionProfile } from '@spillway/origin/contract'

/** A new private Ed25519 JSON Web Key (RFC 8037) as text. Its id is its thumbprint (RFC 7638). */
export function newAssertionKey(): string {
  const { kty, crv, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  // The members that the RFC names, in its order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return JSON.stringify({ kty, crv, x, d, kid, alg: assertionProfile.algorithm, use: 'sig' })
}

/** The public halves of private keys, a JSON Web Key Set (RFC 7517). */
export const publicKeySet = (keys: readonly string[]): string =>
  JSON.stringify({
    keys: keys.map((key) => {
      const { d: _private, ...publicHalf } = JSON.parse(key)
      return publicHalf
    }),
  })
