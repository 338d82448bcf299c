import {
  action,
  any,
  asStored,
  defineApplication,
  headers as names,
  owner,
  resource,
  role,
  signedIn,
  where,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { praise } from '../docs/model/example/praise.ts'
import { reviews } from '../docs/model/example/reviews.ts'
import { writePraise } from '../docs/model/example/server/praise.ts'
import { defineServer, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'

/** Actions that answer with a document of a resource, and actions that find their own Idempotency-Key. */

const schema = Type.Object({
  ownerId: Type.String({ maxLength: 255 }),
  email: Type.String({ maxLength: 255 }),
  isOpen: Type.Boolean(),
})
const accounts = resource('accounts', {
  description: 'Accounts.',
  schema,
  access: {
    read: any(where({ isOpen: true }), owner('ownerId')),
    write: owner('ownerId'),
    fields: { email: { read: any(owner('ownerId'), role('auditor')) } },
  },
  indexes: [{ fields: { ownerId: 1 } }, { fields: { isOpen: 1 } }],
  versions: [asStored('v1', schema, { readOnly: ['ownerId'] })],
})
const open = action('open', {
  description: 'Opens an account, or returns the one with this id.',
  on: reviews,
  target: 'collection',
  access: signedIn,
  input: Type.Object({ ownerId: Type.String(), isOpen: Type.Boolean(), id: Type.Optional(Type.String()) }),
  output: accounts,
  writes: [accounts],
  idempotencyKey: ({ id }) => id,
})
const forgetful = action('forgetful', {
  description: 'Returns a document that it has not read.',
  on: reviews,
  target: 'collection',
  access: signedIn,
  output: accounts,
})

const handOver = action('hand-over', {
  description: 'Gives the account to another person, with what only they may see.',
  on: accounts,
  access: owner('ownerId'),
  input: Type.Object({ to: Type.String() }),
})

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({
    application: defineApplication({
      ...{ name: 'answers', title: 'Answers', summary: 'Answers.' },
      resources: [reviews, accounts],
      actions: [open, praise, forgetful, handOver],
    }),
    server: defineServer(
      writePraise,
      implement(open, async ({ input: { id, ...fields }, store }) => {
        const found = id === undefined ? undefined : await store.get(accounts, id)
        return (
          found ??
          store.create(accounts, { ...fields, email: 'a@example.com' }, id === undefined ? {} : { id })
        )
      }),
      implement(handOver, ({ document, input: { to }, store }) =>
        store.update(accounts, document.id, { ownerId: to, email: 'secret@example.com' }),
      ),
      // The cast: a document that the types take for one of the store's.
      implement(forgetful, () => ({ id: 'nowhere' }) as never),
    ),
  })
})
afterAll(() => origin.stop())

const post = (path: string, body?: object, as = alice, headers = {}) =>
  origin.send('POST', path, { as, headers, ...(body !== undefined && { body }) })
const ask = (body: object, as = alice) => post('/v1/reviews/open', body, as)

it('answers with the document as a read of it shows it', async () => {
  const answer = await post('/v1/reviews/praise', { bookingId: 'b1' })
  const path = answer.headers['content-location'] as string
  const read = await origin.send('GET', path, { as: alice })
  expect([answer.status, answer.text, answer.headers.etag]).toEqual([200, read.text, read.headers.etag])
  expect(answer.json).toMatchObject({ bookingId: 'b1', stars: 5, authorId: 'alice' })
})

it('leaves out the fields that the caller may not read, and answers nothing about a document that they may not read', async () => {
  const own = await ask({ ownerId: 'alice', isOpen: false })
  expect([own.status, own.json.email]).toEqual([200, 'a@example.com'])
  const shared = await ask({ ownerId: 'bob', isOpen: true })
  expect([shared.status, shared.json.ownerId, shared.json.email]).toEqual([200, 'bob', undefined])
  const path = shared.headers['content-location'] as string
  const read = await origin.send('GET', path, { as: alice })
  expect([shared.text, shared.headers.etag]).toEqual([read.text, read.headers.etag])
  const hidden = await ask({ ownerId: 'bob', isOpen: false })
  expect([hidden.status, hidden.text, hidden.headers['content-location']]).toEqual([204, '', undefined])
  expect(await origin.database.db.collection('accounts').countDocuments()).toBe(3)
})

it('answers nothing about the document of the path where the action has taken it out of its caller’s sight', async () => {
  const kept = await ask({ ownerId: 'alice', isOpen: true })
  const still = await post(`/v1/accounts/${kept.json.id}/hand-over`, { to: 'bob' })
  expect([still.status, still.json.ownerId, still.json.email]).toEqual([200, 'bob', undefined])
  const lost = await ask({ ownerId: 'alice', isOpen: false })
  const { status, text, headers } = await post(`/v1/accounts/${lost.json.id}/hand-over`, { to: 'bob' })
  expect([status, text, headers.etag]).toEqual([204, '', undefined])
  const read = await origin.send('GET', `/v1/accounts/${lost.json.id}`, { as: bob })
  expect(read.json).toMatchObject({ ownerId: 'bob', email: 'secret@example.com' })
})

it('answers with a document that was only read', async () => {
  const body = { ownerId: 'alice', isOpen: true }
  const { json } = await ask(body)
  const again = await ask({ ...body, id: json.id })
  expect([again.status, again.json]).toEqual([200, json])
})

it('is 500 for a handler that returns another document', async () => {
  expect((await post('/v1/reviews/forgetful')).status).toBe(500)
  expect(origin.logged.join('')).toContain("'forgetful' must return a document of 'accounts'")
})

it('takes the key that the action finds in a request without one', async () => {
  const body = { ownerId: 'alice', isOpen: true, id: 'mine' }
  const [first, second] = [await ask(body), await ask(body)]
  expect(second.text).toBe(first.text)
  expect([first, second].map(({ headers }) => headers['idempotency-replayed'])).toEqual([undefined, 'true'])
  const other = await ask({ ...body, isOpen: false })
  expect([other.status, other.json.code]).toEqual([422, 'idempotency-key-reused'])
  // The same key of somebody else is another one.
  const foreign = await ask(body, bob)
  expect([foreign.status, foreign.headers['idempotency-replayed']]).toEqual([200, undefined])
  const named = await post('/v1/reviews/open', body, alice, { 'idempotency-key': 'mine' })
  expect([named.status, named.headers['idempotency-replayed']]).toEqual([200, undefined])
})

it('repeats to nobody a document that they may not see any more, nor one of which they may see less', async () => {
  const replayed = (answer: Awaited<ReturnType<typeof ask>>) => [
    answer.status,
    answer.headers['idempotency-replayed'],
    answer.text,
  ]
  for (const isOpen of [false, true]) {
    const body = { ownerId: 'alice', isOpen, id: `given-${isOpen}` }
    const first = await ask(body)
    expect(first.json.email).toBe('a@example.com')
    expect(replayed(await ask(body))).toEqual([200, 'true', first.text])
    await post(`/v1/accounts/${body.id}/hand-over`, { to: 'bob' })
    const again = await ask(body)
    expect(replayed(again)).toEqual([204, 'true', ''])
    // The effect still has to be purged.
    expect(again.headers[names.purgeTag]).toBe(first.headers[names.purgeTag])
    expect([again.headers.etag, again.headers['content-location']]).toEqual([undefined, undefined])
  }
  const eve = { subject: 'eve', scopes: [] }
  const auditor = { ...eve, claims: { roles: ['auditor'] } }
  const body = { ownerId: 'bob', isOpen: true, id: 'audited' }
  const first = await ask(body, auditor)
  expect(first.json.email).toBe('a@example.com')
  expect(replayed(await ask(body, eve))).toEqual([204, 'true', ''])
  expect(replayed(await ask(body, auditor))).toEqual([200, 'true', first.text])
})

it('is described in OpenAPI', async () => {
  const { json } = await origin.send('GET', '/openapi.json')
  const { responses } = json.paths['/v1/reviews/open'].post
  expect(responses['200'].content['application/json'].schema.$ref).toBe('#/components/schemas/AccountsV1')
  expect(responses['200'].headers).toHaveProperty('Content-Location')
  expect(responses['204']).toBeDefined()
})

it('a definition whose output has no such version is refused', () => {
  const later = resource('later', {
    ...{ description: 'Later.', schema, access: { read: signedIn, write: signedIn } },
    versions: [asStored('v2', schema)],
  })
  const definition = { description: 'Wrong.', on: reviews, access: signedIn, output: later }
  expect(() => action('wrong', definition)).toThrow("output is 'later', which has no v1")
})
