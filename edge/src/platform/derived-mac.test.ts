import { base64url } from 'jose'
import { expect, it } from 'vitest'
import { derivedMac } from './derived-mac.ts'

const encoder = new TextEncoder()

/** The same MAC by Web Crypto. */
async function macOf(secret: string, purpose: string, text: string): Promise<Uint8Array> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)), 0, 16)
}

it.each([
  ['secret', 'purpose', 'text'],
  ['x'.repeat(200), 'spillway cache', 'https://origin.example/é/…'],
  ['secret', 'another purpose', ''],
])('equals the MAC of Web Crypto: %s, %s, %s', async (secret, purpose, text) => {
  const mac = derivedMac(secret, purpose)
  const expected = base64url.encode(await macOf(secret, purpose, text))
  expect(mac(text)).toBe(expected)
  expect(mac('other')).not.toBe(expected)
  // Nothing of the text before is left.
  expect(mac(text)).toBe(expected)
})
