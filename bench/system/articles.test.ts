import { answerByAuthor } from '@spillway/origin/example/server/by-author'
import { defineServer } from '@spillway/origin/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { application } from '../../edge/test/fixture/articles.ts'
import { type ExampleStack, type Sent, startExampleStack } from './example-stack.ts'

/** Soft delete and named queries through edge, cache, origin and database: the examples of origin/docs/model. */

let stack: ExampleStack

beforeAll(async () => {
  const roles = (...names: string[]) => ({ realm_access: { roles: names } })
  stack = await startExampleStack({
    worker: 'articles-worker',
    app: { application, server: defineServer(answerByAuthor) },
    people: { ann: roles(), bob: roles(), eve: roles('editor') },
    claims: { roles: 'realm_access.roles' },
  })
})

afterAll(() => stack?.stop())

const send = (who: string | undefined, method: string, path: string, sent?: Sent) =>
  stack.send(who, method, path, sent)

let count = 0
async function make(who: string): Promise<string> {
  count += 1
  const made = await send(who, 'POST', '/v1/articles', {
    body: { slug: `slug-${count}`, title: `T ${count}`, isLocked: false },
  })
  expect(made.status).toBe(201)
  return made.location
}
const ask = (who: string | undefined, author: string, rest = '') =>
  send(who, 'GET', `/v1/articles/by-author?authorId=${author}${rest}`)

test('a query is stored once for all spellings, shared by those who may read the same, and purged by every write', async () => {
  const path = await make('ann')
  const first = await ask(undefined, 'ann')
  expect([first.status, first.isHit, first.json.count]).toEqual([200, false, 1])
  expect(await ask(undefined, 'ann', '&limit=5')).toMatchObject({ isHit: true, json: first.json })
  expect(await ask('bob', 'ann')).toMatchObject({ isHit: true })
  expect(await ask(undefined, 'ann', '&limit=6')).toMatchObject({ isHit: false })
  const held = await send(undefined, 'GET', '/v1/articles/by-author?authorId=ann', {
    headers: { 'if-none-match': first.etag },
  })
  expect([held.status, held.isHit]).toEqual([304, true])
  const next = await make('ann')
  for (const who of ['ann', 'bob', undefined]) expect((await ask(who, 'ann')).json.count).toBe(2)
  expect(await send('ann', 'PATCH', path, { body: { title: 'New' } })).toMatchObject({ status: 200 })
  const titles = (await ask(undefined, 'ann')).json.first.map(({ title }: { title: string }) => title)
  expect(titles).toContain('New')
  expect((await send('ann', 'DELETE', next)).status).toBe(204)
  for (const who of ['ann', undefined]) expect((await ask(who, 'ann')).json.count).toBe(1)
})

test('a query refuses what it does not know at the edge, and other methods', async () => {
  const unknown = await ask(undefined, 'ann', '&x=1')
  expect([unknown.status, unknown.json.code]).toEqual([400, 'invalid-query'])
  expect((await ask(undefined, 'ann', '&limit=99')).status).toBe(400)
  expect((await send('ann', 'PUT', '/v1/articles/by-author', { body: {} })).status).toBe(405)
})

test('a deletion and a restore are seen at once, by everybody, whatever was stored', async () => {
  const path = await make('bob')
  const slug = (await send(undefined, 'GET', path)).json.slug
  const list = `/v1/articles?slug=${slug}`
  const shown = async () => [
    (await send(undefined, 'GET', path)).status,
    (await send(undefined, 'GET', list)).json.items.length,
    (await ask(undefined, 'bob')).json.count,
  ]
  for (let turn = 0; turn < 2; turn += 1) {
    expect(await shown()).toEqual([200, 1, 1])
    expect((await send('bob', 'DELETE', path)).status).toBe(204)
    expect(await shown()).toEqual([404, 0, 0])
    // The 404 is stored, too.
    expect((await send(undefined, 'GET', path)).isHit).toBe(true)
    expect((await send('bob', 'POST', `${path}/restore`)).status).toBe(403)
    expect((await send('eve', 'POST', `${path}/restore`)).status).toBe(200)
  }
  expect(await shown()).toEqual([200, 1, 1])
})

test('a restore under a key is answered alike when it is sent again', async () => {
  const path = await make('bob')
  await send('bob', 'DELETE', path)
  const restore = () => send('eve', 'POST', `${path}/restore`, { headers: { 'idempotency-key': 'again' } })
  const [first, second] = [await restore(), await restore()]
  expect([second.status, second.json, second.etag]).toEqual([200, first.json, first.etag])
  expect((await send(undefined, 'GET', path)).etag).toBe(first.etag)
})
