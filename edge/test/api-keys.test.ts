import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type AskedKey, askKeysPath, base62, keyText } from '@spillway/origin/contract'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { bundleFixture } from '../dev/edge-bundle.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

/** API keys at the Worker, in front of an origin that knows some. */
let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge
/** Keys of the origin, by id. */
const stored = new Map<string, AskedKey>()
const changed: [string, string][] = []
let questions: string[] = []
let isSilent = false
const sentKeys: string[] = []
let count = 0

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer()
  const script = await readFile((await bundleFixture('keyed-worker')).scriptFile, 'utf8')
  edge = await startTestEdge({ origins: [origin], issuers: [issuer], script })
  origin.answer(async (seen, response) => {
    if (seen.url !== askKeysPath) return storable({ id: '1' })(seen, response, 0)
    if (isSilent) return void response.writeHead(503).end()
    const { id } = JSON.parse(await seen.body)
    if (id !== undefined) questions.push(id)
    const key = id === undefined ? {} : { key: stored.get(id) ?? null }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...key, changed, isCut: false }))
  })
})
beforeEach(() => {
  questions = []
  isSilent = false
})
afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

const hashOf = (key: string): string => createHash('sha256').update(key).digest('base64url')
const secretOf = (letter: string): string => letter.repeat(43)

/** A new key that the origin knows. */
function newKey(fields: Partial<AskedKey> = {}, untilMs = Date.now() + 3_600_000) {
  count += 1
  const id = `key${String(count).padStart(9, '0')}`
  const key = keyText(id, secretOf('s'))
  stored.set(id, {
    ...{ revision: '1', subject: `key:${id}`, scopes: [], claims: {}, isRevoked: false, issuedAtSeconds: 1 },
    secrets: [{ hash: hashOf(key), untilMs }],
    ...fields,
  })
  sentKeys.push(key)
  return { id, key }
}

const ask = (key: string, path = '/v2/places/paris', init: RequestInit = {}) =>
  edge.fetch(path, { ...init, headers: { ...bearer(key), ...init.headers } })

it('passes the principal of a key on, and asks for the key once', async () => {
  const { id, key } = newKey({
    scopes: ['places:write'],
    claims: { roles: ['admin'], other: ['x'] },
    priority: 'background',
  })
  const before = origin.requests
  for (const path of ['/v2/trips?limit=1', '/v2/trips?limit=2', '/v2/trips?limit=3']) {
    expect((await ask(key, path)).status).toBe(200)
  }
  expect(questions).toEqual([id])
  const seen = origin.seen.slice(before).filter(({ url }) => url.startsWith('/v2/trips'))
  expect(seen).toHaveLength(3)
  for (const { headers } of seen) {
    expect(headers.authorization).toBeUndefined()
    expect(decodeJwt(String(headers['spillway-assertion']))).toMatchObject({
      ...{ sub: `key:${id}`, scope: 'places:write', spillway_priority: 'background' },
      spillway_claims: { roles: ['admin'] },
    })
  }
})

it('answers from its cache to a key that it knows, without the origin', async () => {
  const { key } = newKey()
  await ask(key, '/v2/places/lyon')
  const before = origin.requests
  expect((await ask(key, '/v2/places/lyon')).headers.get('cache-status')).toMatch(/hit/)
  expect(origin.requests).toBe(before)
})

const withLast = (key: string, digit: string): string =>
  key.slice(0, -1) + (key.endsWith(digit) ? '0' : digit)

it.each<[string, () => string]>([
  ['the prefix alone', () => 'spw_'],
  ['another checksum', () => withLast(newKey().key, 'x')],
  ['a character less', () => newKey().key.slice(0, -1)],
  ['a character more', () => `${newKey().key}0`],
  ['a character that no key has', () => newKey().key.replace('sss', 's-s')],
  ['two keys', () => `${newKey().key} ${newKey().key}`],
  ['ten thousand characters', () => `spw_${'a'.repeat(10_000)}`],
  ['letters of another case', () => newKey().key.toUpperCase().replace('SPW_', 'spw_')],
])('refuses %s without a question', async (_name, text) => {
  const answer = await ask(text())
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="spillway", error="invalid_token"/)
  expect(questions).toEqual([])
  expect(await edge.lineOf(answer.headers.get('x-request-id'))).toMatchObject({ reason: 'api-key-malformed' })
})

it.each<[string, string, () => string]>([
  ['of no id', 'api-key-unknown', () => keyText('nothing00000', secretOf('s'))],
  ['with another secret', 'api-key-unknown', () => keyText(newKey().id, secretOf('t'))],
  ['that has ended', 'api-key-expired', () => newKey({}, Date.now() - 1).key],
  ['that is revoked', 'api-key-revoked', () => newKey({ isRevoked: true, secrets: [] }).key],
  ['of an id like a member of objects', 'api-key-unknown', () => keyText('constructor0', secretOf('s'))],
])('refuses a key %s, also for what is public', async (_name, reason, text) => {
  const key = text()
  sentKeys.push(key)
  const answer = await ask(key)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ code: 'invalid-token' })
  expect(await edge.lineOf(answer.headers.get('x-request-id'))).toMatchObject({ reason })
  const before = questions.length
  expect((await ask(key)).status).toBe(401)
  expect(questions).toHaveLength(before)
})

it('accepts each secret of a key that was rotated', async () => {
  const { id, key } = newKey()
  const next = keyText(id, secretOf('n'))
  sentKeys.push(next)
  const untilMs = Date.now() + 60_000
  stored.set(id, {
    ...(stored.get(id) as AskedKey),
    secrets: [next, key].map((one) => ({ hash: hashOf(one), untilMs })),
  })
  expect((await ask(key)).status).toBe(200)
  expect((await ask(next)).status).toBe(200)
})

it('refuses a revoked key once it has heard of it, for stored answers, too', async () => {
  const { id, key } = newKey()
  expect((await ask(key, '/v2/places/nice')).status).toBe(200)
  stored.set(id, { ...(stored.get(id) as AskedKey), revision: '2', isRevoked: true, secrets: [] })
  changed.push([id, '2'])
  await vi.waitFor(async () => expect((await ask(key, '/v2/places/nice')).status).toBe(401), {
    timeout: 60_000,
    interval: 500,
  })
})

it('answers 503 to a key that it cannot check, and accepts it afterwards', async () => {
  const { key } = newKey()
  isSilent = true
  const refused = await ask(key)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).not.toBeNull()
  expect(await refused.json()).toMatchObject({ code: 'keys-unavailable', retryable: true })
  isSilent = false
  await vi.waitFor(async () => expect((await ask(key)).status).toBe(200), { timeout: 30_000, interval: 200 })
})

it('obeys the control namespace, which revokes a key by its id', async () => {
  const { id, key } = newKey()
  await edge.control.put(`revoked:jti:${id}`)
  await vi.waitFor(async () => expect((await ask(key)).status).toBe(401), { timeout: 60_000, interval: 500 })
})

it('takes no token of an issuer with a subject of a key', async () => {
  const answer = await ask(await issuer.mint({ claims: { sub: 'key:key000000001' } }))
  expect(answer.status).toBe(401)
})

it('asks for as many guessed keys as an address may send', async () => {
  const guess = (i: number) =>
    keyText(
      `g${[...String(i).padStart(11, '0')].map((digit) => base62.charAt(Number(digit))).join('')}`,
      secretOf('g'),
    )
  const limited = await startTestEdge({
    origins: [origin],
    issuers: [issuer],
    script: await readFile((await bundleFixture('keyed-worker')).scriptFile, 'utf8'),
    variables: { RATE_LIMIT: '{"limit":20,"periodSeconds":60}' },
  })
  try {
    const statuses = []
    for (let i = 0; i < 30; i += 1) {
      statuses.push((await limited.fetch('/v2/places/paris', { headers: bearer(guess(i)) })).status)
    }
    // Windows are aligned to the clock: a new one may begin meanwhile.
    const refused = statuses.filter((status) => status === 401).length
    expect(statuses).toContain(429)
    expect(questions).toHaveLength(refused)
  } finally {
    await limited.stop()
  }
})

it('wrote no key into its log or to the origin', () => {
  expect(sentKeys.length).toBeGreaterThan(10)
  for (const key of sentKeys) {
    expect(edge.log).not.toContain(key)
    for (const { rawHeaders, url } of origin.seen) expect([url, ...rawHeaders].join(' ')).not.toContain(key)
  }
})
