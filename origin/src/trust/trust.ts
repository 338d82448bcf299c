import {
  assertionProfile,
  headers,
  isCanonicalBase64Url,
  limits,
  type Principal,
  type Problem,
  ProblemError,
  principalBytes,
  principalOfAssertion,
} from '@spillway/origin/contract'
import type { onRequestHookHandler } from 'fastify'
import { type JWTVerifyGetKey, jwtVerify } from 'jose'

/**
 * The origin answers its edge alone: each request carries a short-lived assertion that only the edge can sign. Since
 * one assertion serves a caller for a minute, a verified one is remembered by its whole text until it expires, and the
 * signature costs nothing on all requests but the first.
 */

/** Content of a verified assertion. */
export interface Verified {
  /** `undefined`: a caller without a token. */
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** Callers of about one minute: 20,000 that have a few scopes each. */
const rememberedBytesMax = 24 * 1_024 * 1_024

export class AssertionVerifier {
  readonly #remembered = new Map<string, Remembered>()
  readonly #pending = new Map<string, Promise<Verified | undefined>>()
  readonly #bytesMax: number
  #bytes = 0
  #keys: JWTVerifyGetKey

  /** @param bytesMax what remembered assertions may weigh together, in bytes. @default 24 MiB */
  constructor(keys: JWTVerifyGetKey, bytesMax = rememberedBytesMax) {
    this.#keys = keys
    this.#bytesMax = bytesMax
  }

  /** Number of remembered assertions, and their bytes. */
  get remembered(): { readonly count: number; readonly bytes: number } {
    return { count: this.#remembered.size, bytes: this.#bytes }
  }

  /** Other keys; what the keys before have verified is forgotten, so that removing a key takes effect at once. */
  setKeys(keys: JWTVerifyGetKey): void {
    this.#keys = keys
    this.#remembered.clear()
    this.#bytes = 0
    this.#pending.clear()
  }

  /** A remembered assertion that has not expired. */
  recall(assertion: string, nowMs: number): Verified | undefined {
    const verified = this.#remembered.get(assertion)
    return verified !== undefined && nowMs < verified.expiresAtMs ? verified : undefined
  }

  /** Checks the signature and every claim; `undefined` for anything that is not a valid assertion of our edge. */
  verify(assertion: string, nowMs: number): Promise<Verified | undefined> {
    const pending = this.#pending.get(assertion)
    if (pending !== undefined) return pending
    const keys = this.#keys
    const check = verifyAssertion(assertion, keys, nowMs).then((verified) => {
      if (this.#pending.get(assertion) === check) this.#pending.delete(assertion)
      if (verified !== undefined && keys === this.#keys) this.#remember(assertion, verified, nowMs)
      return verified
    })
    this.#pending.set(assertion, check)
    return check
  }

  /**
   * All lives are about equally long, so the first in is the first to expire: no need to track use. What has expired goes
   * first, and then as many as it takes to stay within the bytes.
   */
  #remember(assertion: string, verified: Verified, nowMs: number): void {
    const bytes = bytesOf(assertion, verified)
    if (bytes > this.#bytesMax) return
    this.#forget(assertion)
    for (const [oldest, { expiresAtMs }] of this.#remembered) {
      if (nowMs < expiresAtMs && this.#bytes + bytes <= this.#bytesMax) break
      this.#forget(oldest)
    }
    this.#remembered.set(assertion, { ...verified, bytes })
    this.#bytes += bytes
  }

  #forget(assertion: string): void {
    this.#bytes -= this.#remembered.get(assertion)?.bytes ?? 0
    this.#remembered.delete(assertion)
  }
}

interface Remembered extends Verified {
  readonly bytes: number
}

/** The text, the entry that it is the key of, and who it speaks of. */
const bytesOf = (assertion: string, { principal }: Verified): number =>
  assertion.length + 256 + (principal === undefined ? 0 : principalBytes(principal))

async function verifyAssertion(
  assertion: string,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<Verified | undefined> {
  // One spelling for one assertion: each other one that verified as well would be remembered beside it.
  if (assertion.length > limits.assertionBytesMax || !assertion.split('.').every(isCanonicalBase64Url)) {
    return undefined
  }
  const profile = assertionProfile
  try {
    const { payload, protectedHeader } = await jwtVerify(assertion, keys, {
      algorithms: [profile.algorithm],
      typ: profile.type,
      issuer: profile.issuer,
      audience: profile.audience,
      requiredClaims: ['iat', 'exp'],
      clockTolerance: profile.clockToleranceSeconds,
      // Checks that `iat` is neither in the future nor too long ago.
      maxTokenAge: profile.lifetimeSeconds,
      currentDate: new Date(nowMs),
    })
    const { iat, exp } = payload as { iat: number; exp: number }
    // The key set holds keys by id: without one, a signature would be tried against whatever key fits.
    if (protectedHeader.kid === undefined || exp - iat > profile.lifetimeSeconds) return undefined
    const principal = principalOfAssertion(payload)
    // A subject that is there but unusable must not turn its caller into nobody.
    if (principal === undefined && payload.sub !== undefined) return undefined
    return { principal, expiresAtMs: exp * 1_000 }
  } catch {
    return undefined
  }
}

const edgeOnly: Problem = {
  code: 'edge-only',
  detail: 'This is an origin server. Send the request to the public address of this API.',
}

/** Refuses whatever did not come through our edge; puts the caller on the request. */
export function trustStage(verifier: AssertionVerifier, now: () => number): onRequestHookHandler {
  return (request, _reply, done) => {
    const assertion = request.headers[headers.assertion]
    // A header sent twice arrives joined by a comma, which no assertion has.
    if (typeof assertion !== 'string' || assertion.includes(',')) {
      done(new ProblemError(edgeOnly))
      return
    }
    const nowMs = now()
    const remembered = verifier.recall(assertion, nowMs)
    if (remembered !== undefined) {
      request.principal = remembered.principal
      done()
      return
    }
    verifier.verify(assertion, nowMs).then((verified) => {
      if (verified === undefined) {
        done(new ProblemError(edgeOnly))
        return
      }
      request.principal = verified.principal
      done()
    }, done)
  }
}
