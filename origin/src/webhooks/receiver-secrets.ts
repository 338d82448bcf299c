import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { SecretDerivation } from '@spillway/origin/contract'
import { secretPrefix } from './signature.ts'

/** Whether the key of a secret makes new ones, only derives those that it has made, or is no key of the origin any more. */
export type KeyState = 'in use' | 'old' | 'gone'

/**
 * Secrets of receivers. A secret is the HMAC of the receiver's id and a random salt under a key of the origin: the database
 * has the salt alone, so who reads the database can sign nothing.
 */
export class ReceiverSecrets {
  /** By id, the one in use first. */
  readonly #keys: ReadonlyMap<string, string>

  /** @param keys the one in use first; the others still sign for secrets that were made with them */
  constructor(keys: readonly string[]) {
    this.#keys = new Map(keys.map((key) => [idOf(key), key]))
  }

  /** A new secret of a receiver, and what is stored of it. */
  make(receiver: string): { readonly secret: string; readonly derivation: SecretDerivation } {
    const [key] = this.#keys.keys()
    const derivation = { key: key ?? '', salt: randomBytes(24).toString('base64url') }
    // The cast is safe: the origin has a key, or does not start with receivers.
    return { secret: this.of(receiver, derivation) as string, derivation }
  }

  stateOf({ key }: Pick<SecretDerivation, 'key'>): KeyState {
    const index = [...this.#keys.keys()].indexOf(key)
    if (index < 0) return 'gone'
    return index === 0 ? 'in use' : 'old'
  }

  /** @returns `undefined` if the key is gone */
  of(receiver: string, { key, salt }: Pick<SecretDerivation, 'key' | 'salt'>): string | undefined {
    const known = this.#keys.get(key)
    if (known === undefined) return undefined
    const digest = createHmac('sha256', known).update(`webhook secret\n${receiver}\n${salt}`).digest('base64')
    return `${secretPrefix}${digest}`
  }
}

/** Tells keys apart, and reveals nothing about them. */
const idOf = (key: string): string =>
  createHash('sha256').update(`webhook key\n${key}`).digest('base64url').slice(0, 12)
