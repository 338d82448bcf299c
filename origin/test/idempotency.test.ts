import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Repository } from '../src/store/repository.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { alice, bob, editor } from './support/client.ts'
import { versionOf } from './support/etag.ts'
import { advisory, trip } from './support/samples.ts'

/** Simulates a first request that is still running; the store's own tests cover when it reports that. */
let isRunning = false
const over = (repository: Repository): Repository => ({
  ...bound(repository),
  create: async (...parts) =>
    isRunning ? { kind: 'keyRefused', reason: 'inUse' } : repository.create(...parts),
})

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ over })
})
afterAll(() => origin.stop())

let keys = 0
function newKey(): { 'idempotency-key': string } {
  keys += 1
  return { 'idempotency-key': `key-${keys}` }
}
const create = (headers: Record<string, string>, body: unknown = trip, as = alice) =>
  origin.send('POST', '/v2/trips', { as, headers, body })

it('replays the first answer to the same key and body', async () => {
  const headers = newKey()
  const first = await create(headers)
  const second = await create(headers)
  expect(first.status).toBe(201)
  expect(first.headers['idempotency-replayed']).toBeUndefined()
  expect(second.status).toBe(201)
  expect(second.headers['idempotency-replayed']).toBe('true')
  expect(second.text).toBe(first.text)
  for (const name of ['etag', 'location', 'content-type'])
    expect(second.headers[name]).toBe(first.headers[name])
})

it('replays the first answer even after the document has changed', async () => {
  const headers = newKey()
  const first = await create(headers)
  const path = first.headers.location as string
  await origin.send('PATCH', path, { as: alice, headers: { 'if-match': '"1"' }, body: { title: 'Changed' } })
  const replay = await create(headers)
  expect([replay.status, replay.text, replay.headers.etag]).toEqual([201, first.text, first.headers.etag])
  expect(versionOf(replay.headers.etag)).toBe(1)
  expect((await origin.send('GET', path, { as: alice })).json.title).toBe('Changed')
})

it('treats bodies with another order of members as equal', async () => {
  const headers = newKey()
  const first = await create(headers)
  const reordered = Object.fromEntries(Object.entries(trip).reverse())
  expect((await create(headers, reordered)).text).toBe(first.text)
  const path = first.headers.location as string
  await origin.send('PATCH', path, { as: alice, headers: { 'if-match': '"1"' }, body: { title: 'Changed' } })
  expect((await create(headers, reordered)).text).toBe(first.text)
})

it('treats a key with and without quotes as equal', async () => {
  const first = await create({ 'idempotency-key': '"quoted-1"' })
  const second = await create({ 'idempotency-key': 'quoted-1' })
  expect(second.text).toBe(first.text)
})

it('refuses a key that was used for another body', async () => {
  const headers = newKey()
  await create(headers)
  const answer = await create(headers, { ...trip, title: 'Another' })
  expect([answer.status, answer.json.code]).toEqual([422, 'idempotency-key-reused'])
  expect(answer.json.errors).toEqual([{ header: 'idempotency-key', detail: answer.json.detail }])
})

it('scopes a key to its subject', async () => {
  const headers = newKey()
  const first = await create(headers)
  const second = await create(headers, trip, bob)
  expect(second.status).toBe(201)
  expect(second.headers['idempotency-replayed']).toBeUndefined()
  expect(second.json.id).not.toBe(first.json.id)
})

it('refuses with Retry-After while the first request is still running', async () => {
  isRunning = true
  const answer = await create(newKey())
  isRunning = false
  expect([answer.status, answer.json.code]).toEqual([409, 'idempotency-key-in-use'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
})

it('creates one document for many concurrent requests with one key', async () => {
  const headers = newKey()
  const answers = await Promise.all(Array.from({ length: 10 }, () => create(headers)))
  const created = answers.filter(({ status }) => status === 201)
  expect(created.length).toBeGreaterThan(0)
  expect(new Set(created.map(({ text }) => text)).size).toBe(1)
  for (const { status, json } of answers) {
    if (status !== 201) expect([status, json.code]).toEqual([409, 'idempotency-key-in-use'])
  }
})

it.each(['', 'with space', 'a'.repeat(256), 'tab\there', 'back\\slash', '"open'])(
  'refuses the malformed key %j',
  async (key) => {
    const answer = await create({ 'idempotency-key': key })
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid-header'])
  },
)

it('refuses two keys on one request', async () => {
  const answer = await create({ 'idempotency-key': ['a', 'b'] as never })
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid-header'])
})

it('leaves the key of an invalid request unused', async () => {
  const headers = newKey()
  expect((await create(headers, { ...trip, title: 5 })).status).toBe(422)
  const answer = await create(headers)
  expect(answer.status).toBe(201)
  expect(answer.headers['idempotency-replayed']).toBeUndefined()
})

it('replays a batch item by item, and refuses its key for another batch', async () => {
  const headers = newKey()
  const items = [advisory(), { title: 'not valid' }, advisory()]
  const send = (body: unknown) => origin.send('POST', '/v2/advisories/batch', { as: editor, headers, body })
  const first = await send({ items })
  const second = await send({ items })
  const results = (answer: typeof first) =>
    answer.json.items.map(({ status, id, item }: Record<string, unknown>) => ({ status, id, item }))
  expect(first.json.items.map(({ status }: { status: number }) => status)).toEqual([201, 422, 201])
  expect(results(second)).toEqual(results(first))
  expect(second.headers['idempotency-replayed']).toBe('true')
  const other = await send({ items: [advisory()] })
  expect([other.status, other.json.code]).toEqual([422, 'idempotency-key-reused'])
})
