import { headers, type Principal } from '@spillway/origin/contract'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import { alice, bob, editor, type Sending } from './support/client.ts'
import { advisory, placeV2, trip } from './support/samples.ts'

const user = await generateKeyPair('RS256')
const now = Math.floor(Date.now() / 1_000)
const userToken = await new SignJWT({ sub: 'alice', scope: 'places:write' })
  .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'issuer-1' })
  .setIssuer('https://issuer.example')
  .setAudience('https://api.example')
  .setIssuedAt(now)
  .setExpirationTime(now + 300)
  .sign(user.privateKey)
const good = await assertionOf(alice)

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
})
afterAll(() => origin.stop())

describe('only requests of the edge are served', () => {
  const cases: Record<string, Sending['headers']> = {
    'no assertion': { [headers.assertion]: undefined },
    'an empty one': { [headers.assertion]: '' },
    "an end user's own valid token as assertion": { [headers.assertion]: userToken },
    "an end user's own valid token as bearer": {
      [headers.assertion]: undefined,
      authorization: `Bearer ${userToken}`,
    },
    'the assertion as bearer': { [headers.assertion]: undefined, authorization: `Bearer ${good}` },
    'two assertions': { [headers.assertion]: [good, good] },
    'one in quotes': { [headers.assertion]: `"${good}"` },
  }
  for (const [name, sent] of Object.entries(cases)) {
    it(`${name}: 401 edge-only, for every path`, async () => {
      for (const path of ['/v2/places', '/v2/trips/1', '/openapi.json', '/docs', '/nowhere', '/livez?x=1']) {
        const answer = await origin.send('GET', path, { headers: sent ?? {} })
        expect([answer.status, answer.json.code]).toEqual([401, 'edge-only'])
      }
    })
  }

  it('no part of a refused assertion is sent or logged', async () => {
    const answer = await origin.send('GET', '/v2/places', { headers: { [headers.assertion]: userToken } })
    expect(answer.text + origin.logged.join('')).not.toContain(userToken.slice(0, 20))
  })

  it('paths for the load balancer and operators need no assertion', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      const answer = await origin.send('GET', path, { headers: { [headers.assertion]: undefined } })
      expect(answer.status).toBe(200)
    }
  })
})

describe('the origin enforces access rules even if the edge does not', () => {
  const nobody = undefined
  type Case = readonly [
    who: Principal | undefined,
    method: string,
    path: string,
    body: unknown,
    status: number,
    code?: string,
  ]
  const table: readonly Case[] = [
    [nobody, 'GET', '/v2/places', undefined, 200],
    [nobody, 'POST', '/v2/places', placeV2, 401, 'unauthenticated'],
    [alice, 'POST', '/v2/places', placeV2, 403, 'insufficient-scope'],
    [editor, 'POST', '/v2/places', placeV2, 201],
    [nobody, 'GET', '/v2/advisories', undefined, 401, 'unauthenticated'],
    [alice, 'GET', '/v2/advisories', undefined, 200],
    [alice, 'POST', '/v2/advisories', advisory(), 403, 'insufficient-scope'],
    [alice, 'POST', '/v2/advisories/batch', { items: [advisory()] }, 403, 'insufficient-scope'],
    [{ ...alice, scopes: ['advisories:writer'] }, 'POST', '/v2/advisories', advisory(), 403],
    [nobody, 'GET', '/v2/trips', undefined, 401, 'unauthenticated'],
    [nobody, 'POST', '/v2/trips', trip, 401, 'unauthenticated'],
    [alice, 'POST', '/v2/trips', trip, 201],
  ]
  for (const [who, method, path, body, status, code] of table) {
    it(`${who?.subject ?? 'nobody'} ${method} ${path}: ${status}`, async () => {
      const answer = await origin.send(method, path, { as: who, body })
      expect(answer.status).toBe(status)
      if (code !== undefined) expect(answer.json.code).toBe(code)
      if (status === 401 || status === 403) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
    })
  }

  it('access is decided before the body is read', async () => {
    const answer = await origin.send('POST', '/v2/places', { as: alice, body: '{' })
    expect(answer.status).toBe(403)
  })
})

describe("an owner's documents", () => {
  let path: string
  beforeAll(async () => {
    const answer = await origin.send('POST', '/v2/trips', { as: alice, body: trip })
    expect(answer.json.ownerId).toBe('alice')
    path = answer.headers.location as string
  })

  it('get the same answers as missing documents for other callers', async () => {
    const requests = [
      ['GET', undefined],
      ['HEAD', undefined],
      ['PUT', trip],
      ['PATCH', { title: 'Mine' }],
      ['DELETE', undefined],
    ] as const
    for (const [method, body] of requests) {
      const sending = { as: bob, body, headers: { 'if-match': '*' } }
      const [others, missing] = [
        await origin.send(method, path, sending),
        await origin.send(method, '/v2/trips/does-not-exist', sending),
      ]
      const comparable = ({ status, text, headers }: typeof others) => ({
        status,
        text: text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID'),
        names: Object.keys(headers),
      })
      expect(others.status).toBe(404)
      expect(comparable(others)).toEqual(comparable(missing))
    }
    expect((await origin.send('GET', path, { as: alice })).json).toMatchObject({ ...trip, ownerId: 'alice' })
  })

  it('are not in other callers’ lists, whatever the filter', async () => {
    for (const query of ['', '?startsOn=2027-05-01', '?startsOn[gte]=2000-01-01&limit=100']) {
      const answer = await origin.send('GET', `/v2/trips${query}`, { as: bob })
      expect(answer.json.items).toEqual([])
      expect(answer.headers['cache-tag']).toMatch(/^trips:\*:bob,trips@v2:[0-9a-z]{8}$/)
    }
    expect((await origin.send('GET', '/v2/trips?ownerId=alice', { as: bob })).status).toBe(400)
    const own = await origin.send('GET', '/v2/trips', { as: alice })
    expect(own.json.items.length).toBeGreaterThan(0)
    expect(own.headers).toMatchObject({
      'cache-tag': expect.stringMatching(/^trips:\*:alice,trips@v2:/),
      'cache-control': 'private, no-cache',
    })
  })

  it('keep their owner, whatever the body says', async () => {
    const headers = { 'if-match': '*' }
    for (const [method, body] of [
      ['PATCH', { ownerId: 'bob' }],
      ['PUT', { ...trip, ownerId: 'bob' }],
      ['PATCH', { ownerId: null }],
    ] as const) {
      const answer = await origin.send(method, path, { as: alice, headers, body })
      expect([answer.status, answer.json.errors[0].pointer]).toEqual([422, '/ownerId'])
    }
    const answer = await origin.send('PUT', path, { as: alice, headers, body: { ...trip, title: 'Kept' } })
    expect(answer.json).toMatchObject({ title: 'Kept', ownerId: 'alice' })
    expect(answer.headers['spillway-purge-tag']).toBe(`${path.replace('/v2/trips/', 'trips:')},trips:*:alice`)
  })

  it('may belong to subjects with any characters', async () => {
    const odd: Principal = { subject: 'a,b|c d:*\u00e9$ne', scopes: [] }
    const { headers: answered, json } = await origin.send('POST', '/v2/trips', { as: odd, body: trip })
    expect(answered['spillway-purge-tag']).toBe(`trips:${json.id},trips:*:${encodeURIComponent(odd.subject)}`)
    expect((await origin.send('GET', '/v2/trips', { as: odd })).json.items).toHaveLength(1)
  })
})
