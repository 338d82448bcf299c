import type { JWK } from 'jose'
import type { Mac } from '../policy/consistency-token.ts'

/**
 * A MAC under a key derived from the assertion key (HKDF, RFC 5869): every location has the same one and no further
 * secret is needed. Another info string, another key: neither use says anything about the other.
 */
export function consistencyMac({ d = '' }: JWK): Mac {
  let key: Promise<CryptoKey> | undefined
  return async (text) => {
    key ??= deriveKey(d)
    const digest = await crypto.subtle.sign('HMAC', await key, encoder.encode(text))
    return base64Url(new Uint8Array(digest, 0, macBytes))
  }
}

const macBytes = 16
const encoder = new TextEncoder()

async function deriveKey(secret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  return await crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: encoder.encode('spillway consistency token'),
    },
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
