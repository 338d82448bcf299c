import {
  apiKeys,
  askKeysPath,
  defineApplication,
  keyClaim,
  headers as names,
  role,
  signedIn,
} from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { noServerCode } from '../src/server-code.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import type { Sending } from './support/client.ts'

/** Keys that people issue for themselves. */

const keys = apiKeys({
  access: role('admin'),
  own: { access: signedIn, countMax: 2, lifetimeMax: '30d' },
  versions: ['v1'],
})
const application = defineApplication({
  ...{ name: 'own-keys', title: 'Keys', summary: 'API keys alone.' },
  resources: [keys.resource],
  actions: [...keys.actions],
})
const dayMs = 86_400_000
const admin = { subject: 'ada', scopes: [], claims: { roles: ['admin'] } }
let nowMs = Date.parse('2027-01-01T00:00:00.000Z')
let people = 0
let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ application, server: noServerCode, clock: () => nowMs })
})
afterAll(() => app.stop())

/** Somebody who has no key yet. */
const person = () => ({ subject: `person-${people++}`, scopes: ['read', 'write'] })
type Person = ReturnType<typeof person> & { readonly claims?: Readonly<Record<string, readonly string[]>> }

const send = async (method: string, path: string, { as, body }: Sending = {}) =>
  app.send(method, path, { body, headers: { [names.assertion]: await assertionOf(as, nowMs) } })
const issueOwn = (as: Person | undefined, body: object = {}) =>
  send('POST', '/v1/api-keys/issue-own', { as, body: { name: 'script', scopes: ['read'], ...body } })
const revoke = (as: Person, id: string) => send('POST', `/v1/api-keys/${id}/revoke`, { as })
const asked = async (id: string) => (await send('POST', askKeysPath, { body: { id, used: [] } })).json.key

it('issues a key that acts as its owner, with the scopes that were named', async () => {
  const ann = { ...person(), claims: { roles: ['editor'] }, priority: 'background' as const }
  const { status, json } = await issueOwn(ann)
  expect([status, json.subject, json.expiresAt]).toEqual([200, ann.subject, '2027-01-31T00:00:00.000Z'])
  expect(await asked(json.id)).toMatchObject({
    ...{ subject: ann.subject, scopes: ['read'], claims: { roles: ['editor'] }, priority: 'background' },
  })
})

it('shows people their own keys and those alone, and administrators all', async () => {
  const [ann, bob] = [person(), person()]
  const { id } = (await issueOwn(ann)).json
  const listed = async (as: Person) => (await send('GET', '/v1/api-keys', { as })).json.items
  expect(await listed(ann)).toMatchObject([{ id, name: 'script', issuedBy: ann.subject }])
  expect(JSON.stringify(await listed(ann))).not.toMatch(/secret|ownPlace/)
  expect(await listed(bob)).toEqual([])
  expect((await send('GET', `/v1/api-keys/${id}`, { as: bob })).status).toBe(404)
  expect((await revoke(bob, id)).status).toBe(404)
  expect((await send('GET', `/v1/api-keys/${id}`, { as: admin })).status).toBe(200)
})

it('lets people revoke their own key, and issue another', async () => {
  const ann = person()
  const { id } = (await issueOwn(ann)).json
  expect((await revoke(ann, id)).status).toBe(200)
  expect((await asked(id)).isRevoked).toBe(true)
  expect((await issueOwn(ann)).status).toBe(200)
  expect((await issueOwn(ann)).status).toBe(200)
})

it.each([
  ['a scope that its owner lacks', { scopes: ['read', 'admin'] }, '/scopes/1'],
  ['an end in the past', { expiresAt: '2026-12-31T23:59:59Z' }, '/expiresAt'],
  ['a longer life than is allowed', { expiresAt: '2027-02-01T00:00:00Z' }, '/expiresAt'],
  ['a subject', { subject: 'ada' }, '/subject'],
  ['claims', { claims: [{ name: 'roles', values: ['admin'] }] }, '/claims'],
])('refuses %s', async (_name, body, pointer) => {
  const { status, json } = await issueOwn(person(), body)
  expect([status, json.errors?.[0].pointer]).toEqual([422, pointer])
})

it('gives no key to a key, nor to nobody', async () => {
  const { status, json } = await issueOwn({ ...person(), claims: { [keyClaim]: ['AAAAAAAAAAAA'] } })
  expect([status, json.reason]).toEqual([403, 'asked-by-key'])
  expect((await issueOwn(undefined)).status).toBe(401)
})

it('lets people neither issue for others nor rotate', async () => {
  const ann = person()
  const { id } = (await issueOwn(ann)).json
  const body = { name: 'x', scopes: [] }
  expect((await send('POST', '/v1/api-keys/issue', { as: ann, body })).status).toBe(403)
  expect((await send('POST', `/v1/api-keys/${id}/rotate`, { as: ann, body: {} })).status).toBe(403)
})

it('bounds the valid keys of a person, also of requests at the same time', async () => {
  const ann = person()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => issueOwn(ann)))
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(2)
  for (let more = 0; more < 2; more += 1) await issueOwn(ann)
  const { json } = await send('GET', '/v1/api-keys', { as: ann })
  expect(json.items).toHaveLength(2)
  const last = await issueOwn(ann)
  expect([last.status, last.json.reason]).toEqual([409, 'too-many-keys'])
})

it('counts no key that has expired', async () => {
  const ann = person()
  for (let more = 0; more < 2; more += 1) await issueOwn(ann)
  expect((await issueOwn(ann)).status).toBe(409)
  nowMs += 31 * dayMs
  expect((await issueOwn(ann)).status).toBe(200)
})

it.each([
  ['no key at all', { countMax: 0 }, 'own.countMax'],
  ['more keys than can be listed', { countMax: 101 }, 'own.countMax'],
  ['keys of an hour', { lifetimeMax: '1h' }, 'own.lifetimeMax'],
] as const)('stops the start at %s', (_name, own, words) => {
  const define = () => apiKeys({ access: role('admin'), own: { access: signedIn, ...own }, versions: ['v1'] })
  expect(define).toThrow(words)
})
