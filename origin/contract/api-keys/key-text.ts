/**
 * Text of an API key: `spw_`, the id of the key (12 characters), its secret (43, of which each is one of 62: 256 bits), and
 * a checksum (6). The prefix lets a secret scanner find a key in a repository or a log, and the checksum tells it from
 * other text that looks alike, without a request. GitHub's tokens are built the same way
 * (github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats).
 *
 * A mistyped or invented key fails here, before any look-up. That is no proof: anybody can compute a checksum.
 */

export const keyPrefix = 'spw_'
export const keyIdLength = 12
export const keySecretLength = 43
const checksumLength = 6

/** Characters of a key. */
export const keyLength = keyPrefix.length + keyIdLength + keySecretLength + checksumLength

/** Digits of base 62, in the order of their values. */
export const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The key of an id and a secret. */
export function keyText(id: string, secret: string): string {
  const body = `${keyPrefix}${id}${secret}`
  return body + checksumOf(body)
}

/** The id in a key; `undefined` for text that is no key. Looks at each character once, at most. */
export function keyIdIn(text: string): string | undefined {
  if (text.length !== keyLength || !text.startsWith(keyPrefix)) return undefined
  for (let i = keyPrefix.length; i < keyLength; i += 1) if (!isDigit(text.charCodeAt(i))) return undefined
  const body = text.slice(0, -checksumLength)
  if (checksumOf(body) !== text.slice(-checksumLength)) return undefined
  return text.slice(keyPrefix.length, keyPrefix.length + keyIdLength)
}

/** Whether a credential claims to be an API key, so that it is judged as one and not as a token. */
export const looksLikeKey = (credential: string): boolean => credential.startsWith(keyPrefix)

function isDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** CRC-32 (ISO 3309, as in gzip) of ASCII text, in base 62. */
function checksumOf(ascii: string): string {
  let crc = 0xffff_ffff
  for (let i = 0; i < ascii.length; i += 1) {
    crc ^= ascii.charCodeAt(i)
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
  }
  let rest = (crc ^ 0xffff_ffff) >>> 0
  let digits = ''
  for (let i = 0; i < checksumLength; i += 1) {
    digits = base62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
