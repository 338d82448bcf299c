import { parsePurgeSignature, purgeCall, signedText } from '@spillway/origin/contract'

/** Checks that a purge comes from one of our origins: it has signed the body a short time ago. */
export class PurgeSignatures {
  readonly #secrets: readonly string[]
  #keys: readonly CryptoKey[] | undefined

  /** @param secrets during a rotation two */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  /** Whether a header field has the form and the time of a signature: the body of no other request is read. */
  isCurrent(value: string | null, nowMs: number): boolean {
    const parsed = parsePurgeSignature(value)
    return parsed !== undefined && Math.abs(nowMs / 1_000 - parsed.seconds) <= purgeCall.ageSecondsMax
  }

  async isOf(value: string | null, body: string): Promise<boolean> {
    const parsed = parsePurgeSignature(value)
    if (parsed === undefined) return false
    // Caches the keys, not their promise, which would be lost with the request that created it.
    this.#keys ??= await Promise.all(this.#secrets.map(importKey))
    const text = encoder.encode(signedText(parsed.seconds, body))
    for (const key of this.#keys) {
      if (await crypto.subtle.verify('HMAC', key, bytesOf(parsed.digest), text)) return true
    }
    return false
  }
}

const encoder = new TextEncoder()

const importKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])

const bytesOf = (hexadecimal: string): Uint8Array =>
  Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
