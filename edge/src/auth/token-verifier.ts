import {
  looksLikeKey,
  type NamedClaims,
  principalBytes,
  principalFromClaims,
  readNamedClaims,
} from '@spillway/origin/contract'
import { errors, importJWK, type JWTPayload, jwtVerify } from 'jose'
import type { TokenIssuer } from '../config/token-issuer.ts'
import { isText } from '../config/values.ts'
import { SieveMap } from '../lib/sieve-map.ts'
import { callerKey } from '../overload/local-quota.ts'
import type { UsageReports } from '../plans/usage-reports.ts'
import type { ApiKeyCheck } from './api-key-check.ts'
import { type KeySet, sameAlgorithm, type VerificationKey } from './key-set.ts'
import type { TokenFault } from './token-refusal.ts'
import { bearerToken, readUnverified, type UnverifiedToken } from './unverified-token.ts'
import type { VerifiedToken } from './verified-token.ts'

export interface TrustedIssuer extends TokenIssuer {
  readonly keySet: KeySet
}

export interface TokenVerifierOptions {
  readonly issuers: readonly TrustedIssuer[]
  /** Claims that principals are to have, where their tokens do. */
  readonly named: NamedClaims
  readonly now: () => number
  /** @default API keys are not accepted */
  readonly apiKeys?: ApiKeyCheck | undefined
  /** @default callers have no plans */
  readonly usages?: UsageReports | undefined
}

/** Namespace of the subjects of API keys: no issuer's token has one of them. */
const keySubjects = 'key'

/** Time for which a refusal is remembered: long enough that repeating one bad token is cheap. */
const refusalMs = 10_000

/** Faults that the same token will always have, beside those of a claim. */
const lasting: ReadonlySet<TokenFault> = new Set([
  'malformed',
  'algorithm',
  'type',
  'header-parameter',
  'duplicate-member',
  'issuer',
  'signature',
  'expired',
  'audience',
  'claims',
  'api-key-malformed',
  'api-key-unknown',
  'api-key-expired',
  'api-key-revoked',
])

/**
 * Verifies tokens. A known token costs one look-up by the whole field value, scheme included, so that nothing is parsed
 * first (decision 10). jose checks a new token against a key of the issuer that it names. Memory is bounded by count
 * and bytes, and no verdict outlives `exp`, its key or its issuer's key set.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>
  readonly #namespaces: ReadonlySet<string>
  readonly #named: NamedClaims
  readonly #apiKeys: ApiKeyCheck | undefined
  readonly #usages: UsageReports | undefined
  readonly #now: () => number
  readonly #verified = new SieveMap<VerifiedToken>({
    countMax: 10_000,
    bytesMax: 16 * 1_024 * 1_024,
    bytesOf: (authorization, { principal, tokenId = '' }) =>
      textBytes(authorization) + principalBytes(principal) + tokenId.length * 2,
  })
  readonly #refused = new SieveMap<Refusal>({
    countMax: 1_000,
    bytesMax: 1_024 * 1_024,
    bytesOf: textBytes,
  })

  constructor({ issuers, named, now, apiKeys, usages }: TokenVerifierOptions) {
    this.#named = named
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]))
    const namespaces = issuers.map(({ namespace }) => namespace).filter((name) => name !== '')
    this.#namespaces = new Set([...namespaces, ...(apiKeys === undefined ? [] : [keySubjects])])
    this.#apiKeys = apiKeys
    this.#usages = usages
    this.#now = now
  }

  /** The remembered verdict on a token, accepted or refused; `undefined` when {@link verify} must check it. */
  recall(authorization: string, nowMs: number): VerifiedToken | TokenFault | undefined {
    const known = this.#verified.get(authorization)
    if (known !== undefined) {
      if (nowMs < known.expiresAtMs && !known.key.retired && known.keySet.isUsable(nowMs)) return known
      this.#verified.delete(authorization)
    }
    const refusal = this.#refused.get(authorization)
    if (refusal === undefined) return undefined
    if (nowMs < refusal.untilMs) return refusal.fault
    this.#refused.delete(authorization)
    return undefined
  }

  /**
   * @param authorization the whole field value, as for {@link recall}
   * @param wait bounds the wait for a key set and keeps its refresh alive after the answer has gone out
   */
  async verify(
    authorization: string,
    wait: (refresh: Promise<void>) => Promise<void>,
  ): Promise<VerifiedToken | TokenFault> {
    const checked = await this.#check(bearerToken(authorization), wait)
    const outcome = typeof checked === 'string' ? checked : this.#withPlan(checked)
    if (typeof outcome !== 'string') this.#verified.set(authorization, outcome)
    else if (lasting.has(outcome) || outcome.startsWith('claim:')) {
      this.#refused.set(authorization, { fault: outcome, untilMs: this.#now() + refusalMs })
    }
    return outcome
  }

  /** Adds the caller's plan, with its priority unless the token has one. */
  #withPlan(token: VerifiedToken): VerifiedToken {
    const { principal } = token
    const usage = this.#usages?.usageOf(principal)
    if (usage === undefined) return token
    const priority = principal.priority ?? usage.plan.priority
    return { ...token, usage, principal: priority === undefined ? principal : { ...principal, priority } }
  }

  async #check(
    compact: string | undefined,
    wait: (refresh: Promise<void>) => Promise<void>,
  ): Promise<VerifiedToken | TokenFault> {
    if (compact === undefined) return 'malformed'
    if (this.#apiKeys !== undefined && looksLikeKey(compact)) return this.#apiKeys.check(compact, wait)
    const token = readUnverified(compact)
    if (typeof token === 'string') return token
    const issuer = this.#issuers.get(token.issuer)
    if (issuer === undefined) return 'issuer'
    const { keySet } = issuer
    if (!issuer.algorithms.some((algorithm) => sameAlgorithm(algorithm, token.algorithm))) return 'algorithm'
    if (!issuer.types.some((type) => sameType(type, token.type))) return 'type'
    let key = keySet.find(token.kid, token.algorithm, this.#now())
    if (key === undefined) {
      const refresh = keySet.refresh()
      if (refresh !== undefined) await wait(refresh)
      key = keySet.find(token.kid, token.algorithm, this.#now())
    }
    if (key === undefined) return keySet.isUsable(this.#now()) ? 'key-unknown' : 'keys-unavailable'
    return await this.#checkSigned(token, key, issuer)
  }

  async #checkSigned(
    token: UnverifiedToken,
    key: VerificationKey,
    issuer: TrustedIssuer,
  ): Promise<VerifiedToken | TokenFault> {
    const { compact, algorithm } = token
    try {
      const cryptoKey = await importedKey(key, algorithm)
      const { payload } = await jwtVerify(compact, cryptoKey, {
        algorithms: [algorithm],
        issuer: issuer.issuer,
        ...(issuer.audience !== undefined && { audience: issuer.audience }),
        clockTolerance: issuer.clockToleranceSeconds,
        currentDate: new Date(this.#now()),
        requiredClaims: ['exp', 'sub'],
      })
      const wrong = wrongClaim(payload, issuer)
      if (wrong !== undefined) return `claim:${wrong}`
      const subject = qualifiedSubject(payload.sub, issuer.namespace, this.#namespaces)
      if (subject === undefined) return 'claims'
      return verifiedToken({ ...payload, sub: subject }, key, issuer, this.#named) ?? 'claims'
    } catch (error) {
      return faultOf(error)
    }
  }
}

/** Upper estimate: header strings take one byte a character, two at most; the constant is the map entry. */
const textBytes = (authorization: string): number => authorization.length * 2 + 256

/**
 * The first claim that is not as the issuer's configuration wants it. RFC 8725 §3.12: when two kinds of token of one
 * issuer look alike, a claim must tell them apart.
 */
function wrongClaim(payload: JWTPayload, issuer: TrustedIssuer): string | undefined {
  const has = (name: string, values: readonly string[]): boolean =>
    values.some((value) => payload[name] === value)
  const required = Object.entries(issuer.requiredClaims)
  const missing = required.find(([name, values]) =>
    values === true ? !isText(payload[name]) : !has(name, values),
  )
  return (missing ?? Object.entries(issuer.refusedClaims).find(([name, values]) => has(name, values)))?.[0]
}

interface Refusal {
  readonly fault: TokenFault
  readonly untilMs: number
}

/**
 * The subject qualified by its issuer's namespace, since `sub` is unique only within its issuer (RFC 7519 §4.1.2).
 * Refuses a bare subject that would read as a subject of another issuer's namespace.
 */
function qualifiedSubject(
  sub: unknown,
  namespace: string,
  namespaces: ReadonlySet<string>,
): string | undefined {
  if (typeof sub !== 'string' || sub === '') return undefined
  if (namespace !== '') return `${namespace}:${sub}`
  return namespaces.has(sub.slice(0, Math.max(0, sub.indexOf(':')))) ? undefined : sub
}

function verifiedToken(
  claims: JWTPayload,
  key: VerificationKey,
  { keySet, clockToleranceSeconds, claims: places }: TrustedIssuer,
  named: NamedClaims,
): VerifiedToken | undefined {
  const principal = principalFromClaims(claims)
  if (principal === undefined || claims.exp === undefined) return undefined
  const carried = readNamedClaims(claims, named, places)
  return {
    principal: carried === undefined ? principal : { ...principal, claims: carried },
    caller: callerKey(principal.subject),
    expiresAtMs: (claims.exp + clockToleranceSeconds) * 1_000,
    issuedAtSeconds: claims.iat,
    tokenId: typeof claims.jti === 'string' ? claims.jti : undefined,
    key,
    keySet,
  }
}

/** The casts are safe: `importJWK` returns bytes only for symmetric keys, and key sets with those are refused. */
async function importedKey(key: VerificationKey, algorithm: string): Promise<CryptoKey> {
  const known = key.imported.get(algorithm) as CryptoKey | undefined
  if (known !== undefined) return known
  const imported = (await importJWK(key.jwk, algorithm)) as CryptoKey
  key.imported.set(algorithm, imported)
  return imported
}

/** Compares media types: `at+jwt` and `application/at+jwt` are the same (RFC 7515 §4.1.9), in any case. */
function sameType(want: string | null, given: string | undefined): boolean {
  if (want === null || given === undefined) return want === null && given === undefined
  const short = (type: string): string => type.toLowerCase().replace(/^application\//, '')
  return short(given) === short(want)
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'audience'
    if (error.claim === 'iss') return 'issuer'
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'not-yet-valid' : 'claims'
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JOSEError) return 'malformed'
  // The runtime refuses to import the key or to verify with it (wrong key size, point not on the curve).
  return 'key-unknown'
}
