import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { isSigned, publicKeyOf, signerOf } from './signature.ts'

const pemOf = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const release = `0123456789ab-${'c'.repeat(64)}`

it('is by one of the keys, over the whole name', () => {
  const pem = pemOf()
  const signature = signerOf({ RELEASE_SIGNING_KEY: pem })?.(release) ?? Buffer.alloc(0)
  const keys = [publicKeyOf(pemOf()), publicKeyOf(pem)]
  expect(signature.byteLength).toBe(64)
  expect(isSigned(release, signature, keys)).toBe(true)
  expect(isSigned(release, signature, keys.slice(0, 1))).toBe(false)
  expect(isSigned(release, signature, [])).toBe(false)
  expect(isSigned(`0123456789ab-${'d'.repeat(64)}`, signature, keys)).toBe(false)
})

it('is made by a command where the key is elsewhere', () => {
  expect(Buffer.from(signerOf({ RELEASE_SIGN_COMMAND: 'cat' })?.(release) ?? []).toString()).toBe(
    `spillway release ${release}\n`,
  )
  expect(() => signerOf({ RELEASE_SIGN_COMMAND: 'exit 3' })?.(release)).toThrow()
})

it('is not made without a key, or with one of another kind', () => {
  expect(signerOf({})).toBeUndefined()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(() => signerOf({ RELEASE_SIGNING_KEY: pem })).toThrow('must be one for ed25519')
})
