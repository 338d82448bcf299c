import { hash, randomInt } from 'node:crypto'
import { base62, keyIdLength, keySecretLength, keyText } from '@spillway/origin/contract'

/** Random digits of base 62, each equally likely. */
const randomDigits = (length: number): string =>
  Array.from({ length }, () => base62.charAt(randomInt(base62.length))).join('')

export const newKeyId = (): string => randomDigits(keyIdLength)

/** A key with a new secret of 256 random bits. */
export const newKey = (id: string): string => keyText(id, randomDigits(keySecretLength))

/**
 * Digest of a key, all of it that is stored. A fast hash suffices: slow ones make up for secrets that can be guessed, and
 * 256 random bits cannot (NIST SP 800-63B, revision 3, §5.1.2.2: look-up secrets of 112 bits or more need no salt and no slow hash).
 */
export const digestOf = (key: string): string => hash('sha256', key, 'base64url')
