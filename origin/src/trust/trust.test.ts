import { assertionProfile, limits, type Principal } from '@spillway/origin/contract'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseEdgeKeys } from './edge-keys.ts'
import { AssertionVerifier } from './trust.ts'

const nowMs = Date.parse('2026-11-24T12:00:00Z')
const nowSeconds = nowMs / 1_000
const { issuer, audience, type: typ, algorithm: alg, lifetimeSeconds } = assertionProfile

const edge = await generateKeyPair('EdDSA', { extractable: true })
const next = await generateKeyPair('EdDSA', { extractable: true })
const stranger = await generateKeyPair('EdDSA', { extractable: true })
const rsa = await generateKeyPair('RS256', { extractable: true })
const edgeJwk = { ...(await exportJWK(edge.publicKey)), kid: 'edge-1', alg: 'EdDSA', use: 'sig' }
const nextJwk = { ...(await exportJWK(next.publicKey)), kid: 'edge-2' }

const goodHeader = { alg, typ, kid: 'edge-1' }
const goodClaims = {
  iss: issuer,
  aud: audience,
  iat: nowSeconds,
  exp: nowSeconds + lifetimeSeconds,
  sub: 'alice',
  scope: 'places:write advisories:write',
}

const sign = (claims: JWTPayload, header: JWTHeaderParameters = goodHeader, key = edge.privateKey) =>
  new SignJWT(claims).setProtectedHeader(header).sign(key)

const without = (name: keyof typeof goodClaims) => ({ ...goodClaims, [name]: undefined })

let verifier: AssertionVerifier
beforeAll(() => {
  verifier = new AssertionVerifier(parseEdgeKeys(JSON.stringify({ keys: [edgeJwk] })))
})

it('accepts an assertion signed by the edge, and returns its principal', async () => {
  const verified = await verifier.verify(await sign(goodClaims), nowMs)
  const principal: Principal = { subject: 'alice', scopes: ['places:write', 'advisories:write'] }
  expect(verified).toEqual({ principal, expiresAtMs: goodClaims.exp * 1_000 })
})

it('accepts an assertion as long as that of the largest token', async () => {
  const fixed = (await sign({ ...goodClaims, scope: '' })).length
  const scope = 'a'.repeat(Math.floor(((limits.assertionBytesMax - fixed) * 3) / 4))
  const assertion = await sign({ ...goodClaims, scope })
  expect(limits.assertionBytesMax - assertion.length).toBeLessThan(4)
  expect((await verifier.verify(assertion, nowMs))?.principal?.scopes).toEqual([scope])
})

it('accepts an assertion without a subject as a caller without a token', async () => {
  const verified = await verifier.verify(await sign(without('sub')), nowMs)
  expect(verified?.principal).toBeUndefined()
  expect(verified).toBeDefined()
})

describe('refuses', () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hostile: Record<string, () => string | Promise<string>> = {
    'an empty string': () => '',
    'a string that is no JWT': () => 'alice',
    'an unsigned assertion (RFC 8725 §2.1)': () => `${encode({ alg: 'none', typ })}.${encode(goodClaims)}.`,
    "an unsigned assertion with the edge's kid": () =>
      `${encode({ ...goodHeader, alg: 'none' })}.${encode(goodClaims)}.`,
    'an assertion without a signature': async () => (await sign(goodClaims)).replace(/[^.]*$/, ''),
    'changed claims': async () => {
      const [header, , signature] = (await sign(goodClaims)).split('.')
      return `${header}.${encode({ ...goodClaims, sub: 'mallory' })}.${signature}`
    },
    "a foreign key with the edge's kid": () => sign(goodClaims, goodHeader, stranger.privateKey),
    'an unknown kid': () => sign(goodClaims, { ...goodHeader, kid: 'edge-9' }),
    'no kid': () => sign(goodClaims, { alg, typ }),
    'another algorithm': () => sign(goodClaims, { ...goodHeader, alg: 'RS256' }, rsa.privateKey),
    "the edge's public key used as an HMAC secret (RFC 8725 §2.1)": () =>
      new SignJWT(goodClaims)
        .setProtectedHeader({ ...goodHeader, alg: 'HS256' })
        .sign(new TextEncoder().encode(edgeJwk.x)),
    'a key embedded in the header (jwk)': async () =>
      sign(
        goodClaims,
        { ...goodHeader, jwk: await exportJWK(stranger.publicKey) } as JWTHeaderParameters,
        stranger.privateKey,
      ),
    'an unknown critical header (RFC 7515 §4.1.11)': () => {
      const header = { ...goodHeader, crit: ['exp'], exp: 1 }
      return sign(goodClaims, goodHeader).then(
        (jwt) => `${encode(header)}.${jwt.split('.').slice(1).join('.')}`,
      )
    },
    "an end user's token type": () => sign(goodClaims, { ...goodHeader, typ: 'at+jwt' }),
    'no type': () => sign(goodClaims, { alg, kid: 'edge-1' }),
    'another issuer': () => sign({ ...goodClaims, iss: 'https://issuer.example' }),
    'another audience': () => sign({ ...goodClaims, aud: 'https://api.example' }),
    'an expired assertion': () => sign({ ...goodClaims, iat: nowSeconds - 120, exp: nowSeconds - 6 }),
    'iat in the future': () => sign({ ...goodClaims, iat: nowSeconds + 10, exp: nowSeconds + 60 }),
    'nbf in the future': () => sign({ ...goodClaims, nbf: nowSeconds + 30 }),
    'a lifetime beyond the limit': () => sign({ ...goodClaims, exp: nowSeconds + lifetimeSeconds + 1 }),
    'no iat': () => sign(without('iat')),
    'no exp': () => sign(without('exp')),
    'no iss': () => sign(without('iss')),
    'no aud': () => sign(without('aud')),
    'an empty subject': () => sign({ ...goodClaims, sub: '' }),
    'a subject that is too long': () => sign({ ...goodClaims, sub: 'a'.repeat(256) }),
    'a subject with a lone surrogate': () => sign({ ...goodClaims, sub: 'alice\ud800' }),
    'an assertion beyond the size limit': () => sign({ ...goodClaims, scope: 'a '.repeat(4_500) }),
  }
  for (const [name, make] of Object.entries(hostile)) {
    it(name, async () => expect(await verifier.verify(await make(), nowMs)).toBeUndefined())
  }
})

it('tolerates a clock skew within the tolerance', async () => {
  const fast = await sign({ ...goodClaims, iat: nowSeconds + 4, exp: nowSeconds + 100 })
  expect(await verifier.verify(fast, nowMs)).toBeDefined()
})

it('remembers a verified assertion until it expires', async () => {
  const assertion = await sign(goodClaims)
  expect(verifier.recall(`${assertion}x`, nowMs)).toBeUndefined()
  await verifier.verify(assertion, nowMs)
  expect(verifier.recall(assertion, nowMs + 119_999)).toBeDefined()
  expect(verifier.recall(assertion, nowMs + 120_000)).toBeUndefined()
})

it('does not remember a refused assertion', async () => {
  const assertion = await sign(goodClaims, goodHeader, stranger.privateKey)
  await verifier.verify(assertion, nowMs)
  expect(verifier.recall(assertion, nowMs)).toBeUndefined()
})

it('rotates keys: accepts both, then forgets the assertions of the removed key', async () => {
  const rotating = new AssertionVerifier(parseEdgeKeys(JSON.stringify({ keys: [edgeJwk] })))
  const old = await sign(goodClaims)
  const fresh = await sign(goodClaims, { ...goodHeader, kid: 'edge-2' }, next.privateKey)
  expect(await rotating.verify(old, nowMs)).toBeDefined()
  expect(await rotating.verify(fresh, nowMs)).toBeUndefined()
  rotating.setKeys(parseEdgeKeys(JSON.stringify({ keys: [edgeJwk, nextJwk] })))
  expect(await rotating.verify(old, nowMs)).toBeDefined()
  expect(await rotating.verify(fresh, nowMs)).toBeDefined()
  rotating.setKeys(parseEdgeKeys(JSON.stringify({ keys: [nextJwk] })))
  expect(rotating.recall(old, nowMs)).toBeUndefined()
  expect(await rotating.verify(old, nowMs)).toBeUndefined()
  expect(await rotating.verify(fresh, nowMs)).toBeDefined()
})

const small = (bytesMax: number) =>
  new AssertionVerifier(parseEdgeKeys(JSON.stringify({ keys: [edgeJwk] })), bytesMax)

it('keeps a bounded number of bytes, and evicts the oldest first', async () => {
  const assertions = await Promise.all(['a', 'b', 'c'].map((sub) => sign({ ...goodClaims, sub })))
  const one = small(100_000)
  await one.verify(assertions[0] as string, nowMs)
  const two = small(one.remembered.bytes * 2 + 10)
  for (const assertion of assertions) await two.verify(assertion, nowMs)
  expect(assertions.map((assertion) => two.recall(assertion, nowMs)?.principal?.subject)).toEqual([
    undefined,
    'b',
    'c',
  ])
})

it('counts the memory of each scope string', async () => {
  const scope = Array.from({ length: 1_000 }, (_, index) => index.toString(36)).join(' ')
  const one = small(1_000_000)
  await one.verify(await sign({ ...goodClaims, scope }), nowMs)
  expect(one.remembered.count).toBe(1)
  expect(one.remembered.bytes).toBeGreaterThan(1_000 * 40)
})

it('does not remember an assertion larger than the whole limit', async () => {
  const none = small(100)
  expect(await none.verify(await sign(goodClaims), nowMs)).toBeDefined()
  expect(none.remembered).toEqual({ count: 0, bytes: 0 })
})

it('evicts expired assertions when it remembers the next one', async () => {
  const one = small(1_000_000)
  for (const sub of ['a', 'b', 'c']) await one.verify(await sign({ ...goodClaims, sub }), nowMs)
  const laterMs = nowMs + lifetimeSeconds * 1_000
  const iat = laterMs / 1_000
  await one.verify(await sign({ ...goodClaims, iat, exp: iat + lifetimeSeconds }), laterMs)
  expect(one.remembered.count).toBe(1)
})

it('accepts only the canonical base64url of an assertion (RFC 4648 §3.5)', async () => {
  const assertion = await sign(goodClaims)
  const [header, claims, signature = ''] = assertion.split('.')
  const last = signature.at(-1) as string
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const unusedBits = signature.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
  for (const spelling of [`${signature}=`, `${signature}==`, ` ${signature}`, `${signature}\n`, unusedBits]) {
    expect(await verifier.verify([header, claims, spelling].join('.'), nowMs)).toBeUndefined()
  }
})

describe('a key set is refused, with the reason, when', () => {
  const cases: Record<string, readonly [unknown, RegExp]> = {
    'it has no keys': [{ keys: [] }, /no keys/],
    'a key has no kid': [{ keys: [{ ...edgeJwk, kid: undefined }] }, /no kid/],
    'two keys share a kid': [{ keys: [edgeJwk, edgeJwk] }, /two keys have the kid 'edge-1'/],
    'a key is private': [{ keys: [{ ...edgeJwk, d: 'secret' }] }, /private key/],
    'a key is not Ed25519': [{ keys: [{ kty: 'oct', k: 'secret', kid: 'a' }] }, /not Ed25519/],
  }
  for (const [name, [set, message]] of Object.entries(cases)) {
    it(name, () => expect(() => parseEdgeKeys(JSON.stringify(set))).toThrow(message))
  }
  it('it is not JSON', () => expect(() => parseEdgeKeys('{secret')).toThrow(/^the key set is not JSON$/))
})
