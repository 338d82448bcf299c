import { randomUUID } from 'node:crypto'
import { type Stack, up } from '@spillway/infra/local/up'
import { headers, opsPaths } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFailed, test } from 'vitest'
import { city } from './samples.ts'

let stack: Stack
let alice: string
let bob: string
let editor: string

beforeAll(async () => {
  stack = await up({ databaseUri: inject('databaseUri'), application: 'patient' })
  alice = await stack.issuer.mintToken({ sub: 'alice' })
  bob = await stack.issuer.mintToken({ sub: 'bob' })
  editor = await stack.issuer.mintToken({ sub: 'editor', scopes: ['places:write', 'advisories:write'] })
})

afterAll(() => stack?.stop())

beforeEach(() => {
  onTestFailed(async () => console.error(await stack.logs()))
})

const journey = { title: 'Spring', startsOn: '2027-05-01', endsOn: '2027-05-08', placeIds: [] }

describe('a write crosses issuer, edge, origin and database, and is read back', () => {
  test('in both versions of the API, from one stored document', async () => {
    const created = await send('POST', '/v2/places', { token: editor, body: city })
    expect(created.status).toBe(201)
    const location = created.headers.get('location') as string

    const current = await send('GET', location)
    expect(current.status).toBe(200)
    expect(await current.json()).toMatchObject(city)
    const older = await send('GET', location.replace('/v2/', '/v1/'))
    expect(await older.json()).toMatchObject({ country: 'PT', capital: true, lat: 38.72 })
    expect(older.headers.get('deprecation')).toMatch(/^@\d+$/)

    const stored = await database((client) => client.collection('places').findOne({ name: 'Lisbon' }))
    expect(stored).toMatchObject({ countryCode: 'PT', latitude: 38.72 })
  })

  test('a writer sees its own change on the next read, although the old answer was cached', async () => {
    const { location } = await create('/v2/places', { ...city, name: 'Porto' }, editor)
    await send('GET', location)
    const before = await send('GET', location)
    const etag = before.headers.get('etag') as string

    const patched = await send('PATCH', location, {
      token: editor,
      body: { population: 1 },
      type: 'application/merge-patch+json',
      extra: { 'if-match': etag },
    })
    expect(patched.status).toBe(200)
    const after = await send('GET', location)
    expect(await after.json()).toMatchObject({ population: 1 })
    expect(after.headers.get('etag')).not.toBe(etag)
  })

  test('a validator that is still good gets 304, one that is not gets 412 on a write', async () => {
    const { location } = await create('/v2/trips', journey, alice)
    const etag = (await send('GET', location, { token: alice })).headers.get('etag') as string

    const fresh = await send('GET', location, { token: alice, extra: { 'if-none-match': etag } })
    expect(fresh.status).toBe(304)
    const without = await send('PUT', location, { token: alice, body: journey })
    expect(without.status).toBe(428)
    const first = await send('PUT', location, { token: alice, body: journey, extra: { 'if-match': etag } })
    expect(first.status).toBe(200)
    const second = await send('PUT', location, { token: alice, body: journey, extra: { 'if-match': etag } })
    expect(second.status).toBe(412)
  })

  test('a repeated POST with the same key is answered as the first time, and stored once', async () => {
    const key = `"${randomUUID()}"`
    const body = { ...journey, title: `once ${key}` }
    const post = () =>
      send('POST', '/v2/trips', { token: alice, body, extra: { [headers.idempotencyKey]: key } })
    const [first, second] = [await post(), await post()]

    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(second.headers.get(headers.idempotencyReplayed)).toBe('true')
    expect(await database((client) => client.collection('trips').countDocuments({ title: body.title }))).toBe(
      1,
    )
  })
})

describe('who may do what is decided before the database is asked', () => {
  test("another owner's record does not exist", async () => {
    const { location } = await create('/v2/trips', journey, alice)

    expect((await send('GET', location, { token: bob })).status).toBe(404)
    expect((await send('DELETE', location, { token: bob, extra: { 'if-match': '*' } })).status).toBe(404)
    const list = await (await send('GET', '/v2/trips', { token: bob })).json()
    expect(list).toMatchObject({ items: [] })
  })

  test('no token is 401, a token without the scope is 403, each with its challenge', async () => {
    const anonymous = await send('GET', '/v2/advisories')
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Bearer/)

    const denied = await send('POST', '/v2/places', { token: alice, body: city })
    expect(denied.status).toBe(403)
    expect(denied.headers.get('www-authenticate')).toMatch(/insufficient_scope.*places:write/)
  })

  test.each([
    ['expired', { expiresInSeconds: -600 }],
    ['for another audience', { claims: { aud: 'elsewhere' } }],
    ['of another issuer', { claims: { iss: 'http://127.0.0.1:1' } }],
    ['of another type', { header: { typ: 'JWT' } }],
  ])('a token that is %s is 401', async (_, request) => {
    const token = await stack.issuer.mintToken({ sub: 'alice', ...request })

    const refused = await send('GET', '/v2/trips', { token })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
  })

  test('the origin answers 401 to a user who has a token and no edge', async () => {
    const direct = await fetch(`${stack.origins[0]?.url}/v2/trips`, {
      headers: { authorization: `Bearer ${alice}` },
    })

    expect(direct.status).toBe(401)
    expect(direct.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  })

  test.each(Object.values(opsPaths))('%s of the origin cannot be reached through the edge', async (path) => {
    expect((await fetch(stack.origins[0]?.url + path)).status).toBe(200)
    expect((await send('GET', path)).status).toBe(404)
  })
})

interface Sent {
  readonly token?: string
  readonly body?: unknown
  readonly type?: string
  readonly extra?: Record<string, string>
}

function send(method: string, path: string, { token, body, type, extra }: Sent = {}): Promise<Response> {
  return fetch(new URL(path, stack.url), {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
      ...extra,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function create(path: string, body: unknown, token: string): Promise<{ location: string }> {
  const response = await send('POST', path, { token, body })
  expect(response.status).toBe(201)
  return { location: response.headers.get('location') as string }
}

async function database<T>(use: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
  await using client = new MongoClient(stack.database.uri)
  return await use(client.db(stack.database.name))
}
