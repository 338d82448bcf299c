import {
  apiKeys,
  askKeysPath,
  defineApplication,
  keyIdIn,
  headers as names,
  openApiDocument,
  role,
} from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf } from '../src/api-keys/new-key.ts'
import { noServerCode } from '../src/server-code.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import { alice, editor, type Sending } from './support/client.ts'

/** API keys over the API, and the questions that edges ask about them. */

const keys = apiKeys({ access: role('admin'), versions: ['v1'] })
const application = defineApplication({
  ...{ name: 'keys', title: 'Keys', summary: 'API keys alone.' },
  resources: [keys.resource],
  actions: [...keys.actions],
})
const admin = { subject: 'ada', scopes: [], claims: { roles: ['admin'] } }
let nowMs = Date.parse('2027-01-01T00:00:00.000Z')
const used: string[] = []
let app: TestApp

beforeAll(async () => {
  app = await startTestApp({
    ...{ application, server: noServerCode, clock: () => nowMs },
    onKeyUse: (ids) => used.push(...ids),
  })
})
afterAll(() => app.stop())

/** Sends a request at the time of the test. */
const send = async (method: string, path: string, { as, headers, body }: Sending = {}) =>
  app.send(method, path, { body, headers: { [names.assertion]: await assertionOf(as, nowMs), ...headers } })
const issue = (body: object = {}, headers = {}) =>
  send('POST', '/v1/api-keys/issue', {
    as: admin,
    body: { name: 'robot', scopes: ['a'], ...body },
    headers,
  })
const rotate = (id: string, body: object = {}) =>
  send('POST', `/v1/api-keys/${id}/rotate`, { as: admin, body })
const revoke = (id: string) => send('POST', `/v1/api-keys/${id}/revoke`, { as: admin })
const asked = async (id?: string, uses: readonly string[] = []) => {
  // The list of changes is a second old at most.
  nowMs += 1_000
  const answer = await send('POST', askKeysPath, {
    body: { ...(id !== undefined && { id }), used: uses },
  })
  expect(answer.status).toBe(200)
  return answer.json
}

it('shows a key once, and stores its digest alone', async () => {
  const { status, json } = await issue({ subject: 'robot', claims: [{ name: 'roles', values: ['admin'] }] })
  expect(status).toBe(200)
  expect(json).toMatchObject({ subject: 'robot', expiresAt: '2028-01-01T00:00:00.000Z' })
  expect(keyIdIn(json.key)).toBe(json.id)
  const shown = await send('GET', `/v1/api-keys/${json.id}`, { as: admin })
  expect(shown.json).toMatchObject({ name: 'robot', scopes: ['a'], issuedBy: 'ada' })
  expect(shown.json).not.toHaveProperty('secrets')
  const stored = JSON.stringify(await app.database.db.collection('api-keys').findOne({ _id: json.id }))
  expect(stored).toContain(digestOf(json.key))
  expect(stored).not.toContain(json.key)
  expect(app.logged.join()).not.toContain(json.key)
})

it('keeps no secret for a repeated request', async () => {
  const headers = { 'idempotency-key': '"once"' }
  const first = await issue({}, headers)
  const second = await issue({}, headers)
  expect(second.headers['idempotency-replayed']).toBe('true')
  const { key, ...rest } = first.json
  expect(second.json).toEqual(rest)
  for (const { name } of await app.database.db.listCollections().toArray()) {
    const documents = await app.database.db.collection(name).find().toArray()
    expect(JSON.stringify(documents)).not.toContain(key)
  }
})

it.each([
  ['another caller', alice, 403],
  ['a caller with scopes alone', editor, 403],
  ['nobody', undefined, 401],
])('lets %s neither issue nor read keys', async (_name, as, status) => {
  const { id } = (await issue()).json
  expect((await send('POST', '/v1/api-keys/issue', { as, body: { name: 'x', scopes: [] } })).status).toBe(
    status,
  )
  expect((await send('GET', '/v1/api-keys', { as })).status).toBe(status)
  expect([404, status]).toContain((await send('POST', `/v1/api-keys/${id}/revoke`, { as })).status)
})

it.each([
  ['an end in the past', { expiresAt: '2026-12-31T23:59:59Z' }, '/expiresAt'],
  ['a scope with a blank', { scopes: ['a b'] }, '/scopes/0'],
  ['an unknown member', { secret: 'mine' }, '/secret'],
  ['no name', { name: '' }, '/name'],
])('refuses a key with %s', async (_name, body, pointer) => {
  const { status, json } = await issue(body)
  expect(status).toBe(422)
  expect(json.errors[0].pointer).toBe(pointer)
})

it('answers what an edge must know of a key', async () => {
  const { id, key } = (await issue({ priority: 'background' })).json
  const answer = await asked(id)
  expect(answer.key).toMatchObject({
    ...{ subject: `key:${id}`, scopes: ['a'], claims: {}, priority: 'background', isRevoked: false },
    secrets: [{ hash: digestOf(key) }],
  })
  expect(answer.changed).toContainEqual([id, answer.key.revision])
  expect((await asked('AAAAAAAAAAAA')).key).toBeNull()
  expect(await asked()).not.toHaveProperty('key')
})

it('rotates: the secret so far is valid until the overlap ends', async () => {
  const first = (await issue()).json
  const before = await asked(first.id)
  const second = (await rotate(first.id, { overlapSeconds: 60 })).json
  const rotatedAtMs = nowMs
  expect(second.id).toBe(first.id)
  expect(second.key).not.toBe(first.key)
  const after = await asked(first.id)
  expect(after.key.revision > before.key.revision).toBe(true)
  expect(after.key.secrets).toEqual([
    { hash: digestOf(second.key), untilMs: Date.parse(second.expiresAt) },
    { hash: digestOf(first.key), untilMs: rotatedAtMs + 60_000 },
  ])
  // A second rotation prolongs nothing, and drops what has ended.
  nowMs += 61_000
  await rotate(first.id)
  const { key } = await asked(first.id)
  expect(key.secrets).toHaveLength(2)
})

it('lets rotations at the same time all succeed, each with a secret of its own', async () => {
  const { id } = (await issue()).json
  const answers = await Promise.all([1, 2, 3].map(() => rotate(id)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const { key } = await asked(id)
  const hashes = key.secrets.map(({ hash }: { hash: string }) => hash)
  for (const { json } of answers) expect(hashes).toContain(digestOf(json.key))
  expect(hashes).toHaveLength(4)
  await rotate(id)
  expect((await rotate(id)).json).toMatchObject({ status: 409, reason: 'too-many-secrets' })
})

it('revokes for good', async () => {
  const { id } = (await issue()).json
  expect((await revoke(id)).status).toBe(200)
  expect((await revoke(id)).status).toBe(200)
  const { key } = await asked(id)
  expect(key).toMatchObject({ isRevoked: true, secrets: [] })
  expect((await rotate(id)).json).toMatchObject({ status: 409, reason: 'revoked' })
})

it('lists changes for ten minutes', async () => {
  const { id } = (await issue()).json
  const names = async () => (await asked()).changed.map(([changed]: [string]) => changed)
  expect(await names()).toContain(id)
  nowMs += 10 * 60_000
  expect(await names()).toEqual([])
})

it('hears which keys are in use', async () => {
  await asked(undefined, ['AAAAAAAAAAAA'])
  expect(used).toContain('AAAAAAAAAAAA')
})

it.each([
  ['no question', {}],
  ['an id that is none', { id: '../x', used: [] }],
  ['a use that is none', { used: [{ $ne: 1 }] }],
])('refuses %s', async (_name, body) => {
  expect((await send('POST', askKeysPath, { body })).status).toBe(400)
})

it('answers no question but an edge’s', async () => {
  const headers = { 'spillway-assertion': undefined }
  expect((await send('POST', askKeysPath, { body: { used: [] }, headers })).json.code).toBe('edge-only')
})

it('is described as a way to authenticate', () => {
  // The cast: the part of the document that is looked at.
  const { components, paths } = openApiDocument(application) as {
    readonly components: { readonly securitySchemes: object }
    readonly paths: Readonly<Record<string, { readonly get?: { readonly security: object } }>>
  }
  expect(components.securitySchemes).toMatchObject({ apiKey: { type: 'http', scheme: 'bearer' } })
  expect(paths['/v1/api-keys']?.get?.security).toContainEqual({ apiKey: [] })
})
