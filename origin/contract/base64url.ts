/**
 * Whether a text is base64url without padding, and the only spelling of its bytes: unused bits of the last character
 * are zero (RFC 4648 §3.5), so that no second text verifies as the same token. Decoders forgive more than this: Node's
 * also takes blanks and padding.
 */
export function isCanonicalBase64Url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false
  const last = alphabet.indexOf(text.at(-1) ?? 'A')
  switch (text.length % 4) {
    case 1:
      return false
    case 2:
      return (last & 0b1111) === 0
    case 3:
      return (last & 0b11) === 0
    default:
      return true
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
