import type { Mac } from '../consistency/consistency-token.ts'

/**
 * A MAC under a key derived from a secret (HKDF, RFC 5869): every location derives the same one. Each purpose has its
 * own key, so one use reveals nothing about another, also where two purposes have the same secret.
 */
export function derivedMac(secret: string, purpose: string): Mac {
  // Caches the key, not its promise, which would be lost with the request that created it.
  let key: CryptoKey | undefined
  return async (text) => {
    key ??= await deriveKey(secret, purpose)
    const digest = await crypto.subtle.sign('HMAC', key, encoder.encode(text))
    return base64Url(new Uint8Array(digest, 0, macBytes))
  }
}

const macBytes = 16
const encoder = new TextEncoder()

async function deriveKey(secret: string, purpose: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  return await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
