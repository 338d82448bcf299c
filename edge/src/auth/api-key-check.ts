import {
  type AskedKey,
  keyClaim,
  keyIdIn,
  keyTimes,
  type NamedClaims,
  type Principal,
  principalFromClaims,
  readNamedClaims,
} from '@spillway/origin/contract'
import { equalInConstantTime } from '../consistency/constant-time.ts'
import { callerKey } from '../overload/local-quota.ts'
import type { ApiKeySource, KnownKey } from './api-key-source.ts'
import type { TokenFault } from './token-refusal.ts'
import type { VerifiedToken } from './verified-token.ts'

/**
 * Age of a key's record from which another secret than its own makes the edge ask again: the key may have been rotated. A
 * flood of wrong secrets for one id costs the origin one question in this time.
 */
const recheckMs = 2_000

export interface ApiKeyCheckOptions {
  readonly source: ApiKeySource
  /** Claims that principals are to have, where their keys do. */
  readonly named: NamedClaims
  readonly now: () => number
}

/** Checks API keys. The result has the shape of a verified token, so that all later stages treat both alike. */
export class ApiKeyCheck {
  readonly #options: ApiKeyCheckOptions

  constructor(options: ApiKeyCheckOptions) {
    this.#options = options
  }

  /** @param wait bounds the wait for the origin and keeps the question alive after the answer has gone out */
  async check(
    text: string,
    wait: (question: Promise<void>) => Promise<void>,
  ): Promise<VerifiedToken | TokenFault> {
    const id = keyIdIn(text)
    if (id === undefined) return 'api-key-malformed'
    const hash = await digestOf(text)
    const known = (await this.#current(id, wait)) ?? 'api-keys-unavailable'
    if (typeof known === 'string') return known
    const secret = secretOf(known, hash)
    if (secret !== undefined || this.#options.now() < known.askedAtMs + recheckMs)
      return this.#verdict(known, secret)
    const again = (await this.#asked(id, wait)) ?? 'api-keys-unavailable'
    return typeof again === 'string' ? again : this.#verdict(again, secretOf(again, hash))
  }

  /** The origin’s knowledge of the key, not older than revocations may be; `undefined` without an answer. */
  async #current(
    id: string,
    wait: (question: Promise<void>) => Promise<void>,
  ): Promise<KnownKey | undefined> {
    const { source, now } = this.#options
    if (source.find(id) !== undefined && !source.isUsable(now())) {
      const question = source.refresh()
      if (question !== undefined) await wait(question)
    }
    const known = source.find(id)
    return known !== undefined && source.isUsable(now()) ? known : await this.#asked(id, wait)
  }

  async #asked(id: string, wait: (question: Promise<void>) => Promise<void>): Promise<KnownKey | undefined> {
    const { source, now } = this.#options
    const question = source.lookUp(id)
    if (question === undefined) return undefined
    await wait(question)
    return source.isUsable(now()) ? source.find(id) : undefined
  }

  #verdict(known: KnownKey, secret: Secret | undefined): VerifiedToken | TokenFault {
    const { key } = known
    if (key === undefined) return 'api-key-unknown'
    if (key.isRevoked) return 'api-key-revoked'
    if (secret === undefined) return 'api-key-unknown'
    if (secret.untilMs <= this.#options.now()) return 'api-key-expired'
    const principal = this.#principalOf(known.id, key)
    if (principal === undefined) return 'claims'
    return {
      principal,
      caller: callerKey(principal.subject),
      expiresAtMs: secret.untilMs,
      issuedAtSeconds: key.issuedAtSeconds,
      // Operators can revoke the key by its id in the control namespace, as they revoke a token.
      tokenId: known.id,
      key: known,
      answerMsMax: keyTimes.answerMs,
      keySet: this.#options.source,
    }
  }

  #principalOf(id: string, { subject, scopes, claims, priority }: AskedKey): Principal | undefined {
    const principal = principalFromClaims({ sub: subject, scope: scopes, spillway_priority: priority })
    const carried = readNamedClaims({ ...claims, [keyClaim]: id }, this.#options.named, {})
    return principal === undefined || carried === undefined ? principal : { ...principal, claims: carried }
  }
}

type Secret = AskedKey['secrets'][number]

function secretOf({ key }: KnownKey, hash: string): Secret | undefined {
  // All are compared: a loop that stops early would tell which one it was.
  const equal = key?.secrets.filter((one) => equalInConstantTime(one.hash, hash)) ?? []
  return equal[0]
}

/** SHA-256 in base64url, as the origin stores it. */
async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
