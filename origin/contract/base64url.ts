/**
 * Whether a string is canonical base64url without padding: the unused bits of the last character are zero (RFC 4648
 * §3.5), so that no second string verifies as the same token. Decoders accept more: Node's also takes blanks and
 * padding.
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

/** Encodes a string's UTF-8 as base64url without padding (RFC 4648 §5). */
export function encodeBase64UrlText(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes base64url to a string; `undefined` if it is no base64url or no UTF-8. */
export function decodeBase64UrlText(encoded: string): string | undefined {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
    // perf: `Uint8Array.from` calls an iterator per character, which takes ten times as long.
    const bytes = new Uint8Array(binary.length)
    for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
