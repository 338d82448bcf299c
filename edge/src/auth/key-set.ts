import type { JWK } from 'jose'

/**
 * One issuer's public keys, cached so that no request waits for them twice.
 *
 * - Keys are *fresh* for `freshMs`. After that, the next request starts a background refresh and uses the cached keys.
 * - An unknown `kid` also starts a refresh, at most one per `coolDownMs` over all such tokens, so that random kids
 *   cause no storm of fetches. While there is no usable set, `retryMs` replaces `coolDownMs`: an isolate that starts
 *   during a short outage of its issuer must not refuse everybody for a whole cooldown.
 * - One refresh runs at a time. When it fails, the last good set stays in use until `usableMs` after its fetch: a short
 *   outage of the issuer signs nobody out, and an issuer that is gone for good does not stay trusted.
 * - A key that leaves the set is marked `retired`, which also ends every remembered token that it verified.
 *
 * All instants are epoch milliseconds of the clock that is passed in.
 */
export class KeySet {
  readonly #options: KeySetOptions
  #keys: readonly VerificationKey[] = []
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #flight: Promise<void> | undefined

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /** Whether the cached set may still verify tokens. */
  isUsable(nowMs: number): boolean {
    return nowMs < this.#fetchedAtMs + this.#options.usableMs
  }

  /** Whether a background refresh is due. Cheap: called on every request. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#fetchedAtMs + this.#options.freshMs && this.#mayTry(nowMs)
  }

  /**
   * @param kid `undefined` for a token that names no key: then the only key for the algorithm is used, or none if there
   *   are several. Signatures are never tried against one key after another (RFC 8725 §3.1)
   */
  find(kid: string | undefined, algorithm: string, nowMs: number): VerificationKey | undefined {
    if (!this.isUsable(nowMs)) return undefined
    const fitting = this.#keys.filter((key) => key.fits(algorithm))
    if (kid !== undefined) return fitting.find((key) => key.kid === kid)
    return fitting.length === 1 ? fitting[0] : undefined
  }

  /**
   * Joins the running refresh, or starts one if the cooldown allows. It never rejects. A caller that starts it must
   * keep it alive past its own answer; a caller that awaits it must bound the wait.
   */
  refresh(): Promise<void> | undefined {
    const nowMs = this.#options.now()
    // A refresh whose request context was torn down never settles, so it counts only until its own timeout.
    if (this.#flight !== undefined && nowMs < this.#triedAtMs + this.#options.flightMs) return this.#flight
    if (!this.#mayTry(nowMs)) return undefined
    this.#triedAtMs = nowMs
    const flight = this.#fetch(nowMs).finally(() => {
      if (this.#flight === flight) this.#flight = undefined
    })
    this.#flight = flight
    return flight
  }

  #mayTry(nowMs: number): boolean {
    const { coolDownMs, flightMs, retryMs } = this.#options
    if (this.#flight !== undefined) return nowMs >= this.#triedAtMs + flightMs
    // Without a usable set every caller with a token is refused until the next attempt, so retry sooner.
    return nowMs >= this.#triedAtMs + (this.isUsable(nowMs) ? coolDownMs : retryMs)
  }

  async #fetch(startedAtMs: number): Promise<void> {
    try {
      const fetched = await this.#options.fetchKeys()
      if (startedAtMs < this.#fetchedAtMs) return
      const kept = fetched.map((jwk) => verificationKey(jwk)).filter((key) => key !== undefined)
      this.#replace(kept)
      this.#fetchedAtMs = startedAtMs
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  #replace(next: readonly VerificationKey[]): void {
    const before = new Map(this.#keys.map((key) => [key.fingerprint, key]))
    this.#keys = next.map((key) => before.get(key.fingerprint) ?? key)
    const staying = new Set(this.#keys)
    for (const key of before.values()) if (!staying.has(key)) key.retired = true
  }
}

export interface KeySetOptions {
  /** The unvalidated members of `keys` (RFC 7517 §5). Rejects when the set cannot be fetched. */
  readonly fetchKeys: () => Promise<readonly unknown[]>
  readonly now: () => number
  /** Called when a refresh fails; the reason never holds a token. */
  readonly onFailure: (reason: unknown) => void
  readonly freshMs: number
  readonly usableMs: number
  readonly coolDownMs: number
  /** The cooldown while there is no usable set. */
  readonly retryMs: number
  /** Longest a refresh may take. */
  readonly flightMs: number
}

export const keySetTimes = {
  freshMs: 5 * 60_000,
  usableMs: 24 * 3_600_000,
  coolDownMs: 30_000,
  retryMs: 2_000,
  flightMs: 5_000,
} as const

export interface VerificationKey {
  /** Optional (RFC 7517 §4.5). */
  readonly kid: string | undefined
  /** The public members only. */
  readonly jwk: JWK
  /** Equal for equal keys, across refreshes. */
  readonly fingerprint: string
  readonly fits: (algorithm: string) => boolean
  /** The key as imported by the runtime, by algorithm; filled on first use. */
  readonly imported: Map<string, unknown>
  retired: boolean
  /** Whether a token of it was accepted. */
  isUsed: boolean
}

/** Key type by algorithm (RFC 7518 §3.1, RFC 8037 §3.1): a key verifies only its own kind of signature. */
const keyTypes: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  RS256: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
}

/** Whether two names mean one algorithm: RFC 9864 §2.2 names the curve that the older `EdDSA` leaves open. */
export const sameAlgorithm = (one: string, other: string): boolean => fullName(one) === fullName(other)
const fullName = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm)

/**
 * Takes the public members of a signature key. Skips other keys, and keys with a member of the wrong type: one
 * malformed key must not invalidate the rest of the set (RFC 7517 §5).
 */
function verificationKey(given: unknown): VerificationKey | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { kty, kid, crv, x, y, n, e, alg, use, key_ops: operations }: Record<string, unknown> = { ...given }
  if (typeof kty !== 'string' || kty === 'oct') return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return undefined
  }
  const members = Object.entries({ kty, kid, crv, x, y, n, e, alg }).filter(
    ([, value]) => value !== undefined,
  )
  if (!members.every(([, value]) => typeof value === 'string')) return undefined
  // The cast: the filter above keeps only members that are strings.
  const jwk = Object.fromEntries(members) as Record<string, string> & { readonly kty: string }
  const fits = (algorithm: string): boolean => {
    const want = keyTypes[algorithm]
    if (want === undefined || want.kty !== kty) return false
    if (jwk.alg !== undefined && !sameAlgorithm(jwk.alg, algorithm)) return false
    return want.crv === undefined || want.crv === crv
  }
  return {
    kid: jwk.kid,
    jwk,
    fingerprint: JSON.stringify(members),
    fits,
    imported: new Map(),
    retired: false,
    isUsed: false,
  }
}
