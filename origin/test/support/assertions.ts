import { assertionClaims, assertionProfile, type Principal } from '@spillway/origin/contract'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })

/** Signing key of the edge in front of an origin under test. */
export const edgeKey = { ...(await exportJWK(privateKey)), kid: 'test', alg: assertionProfile.algorithm }

/** The key set of an origin under test. */
export const edgeKeySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test' }] })

/** The edge's assertion for a caller; `undefined` for one without a token. */
export function assertionOf(principal: Principal | undefined, nowMs = Date.now()): Promise<string> {
  const { algorithm, type, issuer, audience, lifetimeSeconds } = assertionProfile
  const iat = Math.floor(nowMs / 1_000)
  return new SignJWT({
    ...assertionClaims(principal),
    iss: issuer,
    aud: audience,
    iat,
    exp: iat + lifetimeSeconds,
  })
    .setProtectedHeader({ alg: algorithm, typ: type, kid: 'test' })
    .sign(privateKey)
}
