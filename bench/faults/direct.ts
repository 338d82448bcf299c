import type { PrivateJwk } from '@spillway/edge/dev/keys'
import { assertionClaims, assertionProfile, type Principal } from '@spillway/origin/contract'
import { importJWK, SignJWT } from 'jose'

/** Assertions like the edge's, for reads that go directly to the origin. */
export function assertions(key: PrivateJwk, principal: Principal): () => Promise<string> {
  const { algorithm, type, issuer, audience, lifetimeSeconds, reuseSeconds } = assertionProfile
  let made: Promise<string> | undefined
  let madeSeconds = 0
  return () => {
    const nowSeconds = Math.floor(Date.now() / 1_000)
    if (made !== undefined && nowSeconds < madeSeconds + reuseSeconds) return made
    madeSeconds = nowSeconds
    made = importJWK(key, algorithm).then((imported) =>
      new SignJWT({ ...assertionClaims(principal) })
        .setProtectedHeader({ alg: algorithm, typ: type, kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + lifetimeSeconds)
        .sign(imported),
    )
    return made
  }
}
