import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Issuer, issuerPaths, startIssuer } from './issuer.ts'
import { createKey, keptKey, type PrivateJwk, publicKeySet } from './keys.ts'

let keys: [PrivateJwk, PrivateJwk]
let issuer: Issuer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-keys-'))
  keys = [await createKey('ES256'), await createKey('EdDSA')]
  issuer = await startIssuer({ keys })
})

afterAll(async () => {
  await issuer.stop()
  await rm(folder, { recursive: true, force: true })
})

test.each([0, 1] as const)(
  'a token of key %i verifies against the key set that the configuration names',
  async (index) => {
    const token = await issuer.mintToken({ sub: 'alice', scopes: ['a:read', 'a:write'] }, keys[index])
    const configuration = (await (await fetch(issuer.url + issuerPaths.configuration)).json()) as {
      jwks_uri: string
    }

    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(configuration.jwks_uri)), {
      issuer: issuer.url,
      audience: issuer.audience,
      typ: 'at+jwt',
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    })
    expect(payload).toMatchObject({ sub: 'alice', scope: 'a:read a:write' })
  },
)

test('the key set has no private half', () => {
  expect(publicKeySet(...keys).keys.flatMap(Object.keys)).not.toContain('d')
})

test('a kept key is made once, for its user only, also when several ask at once', async () => {
  const file = join(folder, 'keys/key.json')
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => keptKey(file, 'EdDSA')))

  for (const other of others) expect(other).toEqual(first)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(first)
})

test('a kept key of another kind is refused with what to do', async () => {
  const file = join(folder, 'keys/other.json')
  await keptKey(file, 'ES256')

  await expect(keptKey(file, 'EdDSA')).rejects.toThrow('delete it')
})
