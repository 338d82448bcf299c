import type { JWK } from 'jose'

/**
 * One issuer's public keys, kept so that no request waits for them twice.
 *
 * - They are *fresh* for `freshMs`; after that the next request starts a refresh in the background and is answered
 *   from what is here.
 * - A `kid` that is not here starts a refresh too, at most one per `coolDownMs` for all such tokens together: random
 *   kids make no storm. Where there is no usable set at all, `retryMs` takes its place: an isolate that is born in a bad
 *   moment of its issuer must not refuse everybody for the whole of it.
 * - One refresh at a time. When it fails, the last good set stays in use until `usableMs` after it was fetched: an
 *   issuer that is down for a while signs nobody out, and one that is gone for good does not stay trusted.
 * - A key that leaves the set is marked `retired`, and with it every verified token that was remembered for it.
 *
 * Every instant is epoch milliseconds of the clock that is passed in.
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

  /** Whether what is here may still be used. */
  isUsable(nowMs: number): boolean {
    return nowMs < this.#fetchedAtMs + this.#options.usableMs
  }

  /** Whether a refresh is due ahead of need. Cheap: asked on every request. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#fetchedAtMs + this.#options.freshMs && this.#mayTry(nowMs)
  }

  /**
   * @param kid `undefined` for a token that names no key: then the one key that fits is meant, and none where several do.
   *   A signature is never tried against one key after another (RFC 8725 §3.1)
   */
  find(kid: string | undefined, algorithm: string, nowMs: number): VerificationKey | undefined {
    if (!this.isUsable(nowMs)) return undefined
    const fitting = this.#keys.filter((key) => key.fits(algorithm))
    if (kid !== undefined) return fitting.find((key) => key.kid === kid)
    return fitting.length === 1 ? fitting[0] : undefined
  }

  /**
   * Joins the refresh under way or starts one, if the cool-down allows. It never rejects. Whoever starts it must keep
   * it alive beyond its own answer; whoever waits must bound the wait.
   */
  refresh(): Promise<void> | undefined {
    const nowMs = this.#options.now()
    // A flight whose runtime context was torn down never settles; after its own timeout it no longer counts.
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
    // With nothing to verify by, every caller with a token is refused until the next attempt.
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
  /** The members of `keys` (RFC 7517 §5), whatever they are. Rejects when they cannot be had. */
  readonly fetchKeys: () => Promise<readonly unknown[]>
  readonly now: () => number
  /** Told when a refresh failed; the reason never holds a token. */
  readonly onFailure: (reason: unknown) => void
  readonly freshMs: number
  readonly usableMs: number
  readonly coolDownMs: number
  /** The cool-down where no usable set is here. */
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
  /** The public members alone. */
  readonly jwk: JWK
  /** Equal for equal keys, across refreshes. */
  readonly fingerprint: string
  readonly fits: (algorithm: string) => boolean
  /** The key as the runtime wants it, by algorithm; filled on first use. */
  readonly imported: Map<string, unknown>
  retired: boolean
}

/** Key type by algorithm (RFC 7518 §3.1, RFC 8037 §3.1): no key is ever used for another kind of signature. */
const keyTypes: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  RS256: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
}

/** RFC 9864 §2.2 names the curve that the older `EdDSA` leaves open; with a key of that curve both mean one signature. */
export const sameAlgorithm = (one: string, other: string): boolean => fullName(one) === fullName(other)
const fullName = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm)

/**
 * Takes the public members of a signature key. Anything else in a set is passed over, and so is a key with a member that
 * is not of its type: one odd key must not spoil the others (RFC 7517 §5).
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
  // The cast: each of them was just seen to be a string, or not to be there.
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
  }
}
