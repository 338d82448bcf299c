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
 * The origin serves only requests from its edge: each carries a short-lived assertion that only the edge can sign. One
 * assertion serves a caller for a minute. A verified one is remembered by its text until it expires, so that only its
 * first request pays for checking the signature.
 */

/** Content of a verified assertion. */
export interface Verified {
  /** `undefined` for a caller without a token. */
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** Enough for the callers of about one minute: 20,000 with a few scopes each. */
const rememberedBytesMax = 24 * 1_024 * 1_024

export class AssertionVerifier {
  readonly #remembered = new Map<string, Remembered>()
  readonly #pending = new Map<string, Promise<Verified | undefined>>()
  readonly #bytesMax: number
  #bytes = 0
  #keys: JWTVerifyGetKey

  /** @param bytesMax total size of remembered assertions, in bytes. @default 24 MiB */
  constructor(keys: JWTVerifyGetKey, bytesMax = rememberedBytesMax) {
    this.#keys = keys
    this.#bytesMax = bytesMax
  }

  /** Number and total bytes of the remembered assertions. */
  get remembered(): { readonly count: number; readonly bytes: number } {
    return { count: this.#remembered.size, bytes: this.#bytes }
  }

  /** Replaces the keys and forgets all verified assertions, so that removing a key takes effect at once. */
  setKeys(keys: JWTVerifyGetKey): void {
    this.#keys = keys
    this.#remembered.clear()
    this.#bytes = 0
    this.#pending.clear()
  }

  /** Returns a remembered assertion that has not expired. */
  recall(assertion: string, nowMs: number): Verified | undefined {
    const verified = this.#remembered.get(assertion)
    return verified !== undefined && nowMs < verified.expiresAtMs ? verified : undefined
  }

  /** Checks the signature and every claim; `undefined` for anything but a valid assertion of the edge. */
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
   * Remembers a verified assertion. All lifetimes are about equal, so insertion order is expiry order and use need not
   * be tracked. Evicts expired ones first, then the oldest until the new one fits.
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

/** Approximate memory: the text, its map entry, and the principal. */
const bytesOf = (assertion: string, { principal }: Verified): number =>
  assertion.length + 256 + (principal === undefined ? 0 : principalBytes(principal))

async function verifyAssertion(
  assertion: string,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<Verified | undefined> {
  // Accepts only the canonical encoding: other encodings of one assertion would each fill a place of their own.
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
    // The cast is safe: jose has checked that both claims are present and numbers.
    const { iat, exp } = payload as { iat: number; exp: number }
    // Without a kid, the signature would be tried against any key that fits.
    if (protectedHeader.kid === undefined || exp - iat > profile.lifetimeSeconds) return undefined
    const principal = principalOfAssertion(payload)
    // An unusable subject must not turn its caller into an anonymous one.
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

/** Refuses requests that did not come through the edge; sets the principal on the request. */
export function trustStage(verifier: AssertionVerifier, now: () => number): onRequestHookHandler {
  return (request, _reply, done) => {
    const assertion = request.headers[headers.assertion]
    // Node joins a repeated header with a comma, which no assertion contains.
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
