import {
  type AssertionClaims,
  assertionClaims,
  assertionProfile,
  type Principal,
} from '@spillway/origin/contract'
import { importJWK, type JWK, SignJWT } from 'jose'
import { SieveMap } from '../lib/sieve-map.ts'

/**
 * Signs the caller's identity, once per caller and minute. The origin remembers a verified assertion as the edge
 * remembers a token, so one signature is made and checked for many requests.
 */
export class AssertionSigner {
  readonly #jwk: JWK
  readonly #now: () => number
  readonly #made = new SieveMap<Assertion>({
    countMax: 5_000,
    bytesMax: 4 * 1_024 * 1_024,
    bytesOf: (caller, { text }) => text.length + caller.length * 2 + 128,
  })
  /** perf: a caller's principal is one object as long as the token is known, and finding it needs no text. */
  readonly #ofPrincipal = new WeakMap<Principal, Assertion>()
  #key: CryptoKey | undefined

  constructor(jwk: JWK, now: () => number) {
    this.#jwk = jwk
    this.#now = now
  }

  /** Returns no promise when the assertion is already signed. */
  assertionFor(principal: Principal | undefined): string | Promise<string> {
    const nowMs = this.#now()
    const last = principal && this.#ofPrincipal.get(principal)
    if (last !== undefined && nowMs < last.reuseUntilMs) return last.text
    const claims = assertionClaims(principal)
    const caller = JSON.stringify([
      claims.sub,
      claims.scope,
      claims.spillway_priority,
      claims.spillway_claims,
    ])
    const known = this.#made.get(caller)
    if (known === undefined || nowMs >= known.reuseUntilMs) return this.#make(claims, caller, nowMs)
    if (principal !== undefined) this.#ofPrincipal.set(principal, known)
    return known.text
  }

  async #make(claims: AssertionClaims, caller: string, nowMs: number): Promise<string> {
    const text = await this.#sign(claims, Math.floor(nowMs / 1_000))
    this.#made.set(caller, { text, reuseUntilMs: nowMs + assertionProfile.reuseSeconds * 1_000 })
    return text
  }

  async #sign(claims: AssertionClaims, nowSeconds: number): Promise<string> {
    const { algorithm, type, issuer, audience, lifetimeSeconds } = assertionProfile
    // The casts: `importJWK` returns a CryptoKey for any JWK that is not a shared secret, and `readConfig` requires a
    // kid.
    this.#key ??= (await importJWK(this.#jwk, algorithm)) as CryptoKey
    return await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: type, kid: this.#jwk.kid as string })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifetimeSeconds)
      .sign(this.#key)
  }
}

interface Assertion {
  readonly text: string
  readonly reuseUntilMs: number
}
