import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  action,
  asStored,
  defineApplication,
  documentTag,
  headers as names,
  type Principal,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { articles } from '../docs/model/example/articles.ts'
import { defineServer, guard, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'
import { versionOf } from './support/etag.ts'

const editor = { subject: 'editor', scopes: [], claims: { roles: ['editor'] } }
const trash = action('trash', {
  description: 'Deletes, and may bring back, two articles at once.',
  on: articles,
  target: 'collection',
  access: signedIn,
  timeout: '30s',
  input: Type.Object({ ids: Type.Array(Type.String()), back: Type.Boolean() }),
})
const noteSchema = Type.Object({ text: Type.String() })
const notes = resource('notes', {
  description: 'Notes whose deletion is final.',
  schema: noteSchema,
  access: { read: signedIn, write: signedIn },
  versions: [asStored('v1', noteSchema)],
})

interface Tombstone {
  readonly _id: string
  readonly _updated: string
  readonly _expires: Date
}

/** The guard's arguments at the latest write. */
let asked: { readonly operation: string; readonly before: unknown } | undefined
let origin: TestApp
beforeAll(async () => {
  const application = defineApplication({
    name: 'soft-delete',
    title: 'Soft delete',
    summary: 'Soft delete.',
    resources: [articles, notes],
    actions: [trash],
  })
  const server = defineServer(
    guard(articles, async ({ operation, before, fields }) => {
      asked = { operation, before }
      return fields?.title === 'Banned' && operation === 'restore'
        ? [{ pointer: '/title', detail: 'Is banned.' }]
        : undefined
    }),
    implement(trash, async ({ input: { ids, back }, store }) => {
      for (const id of ids) await (back ? store.restore(articles, id) : store.delete(articles, id))
    }),
  )
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())

let count = 0
async function article(
  fields: object = {},
  headers = {},
): Promise<{ path: string; id: string; slug: string }> {
  count += 1
  const body = { slug: `slug-${count}`, title: 'T', isLocked: false, ...fields }
  const { status, json } = await origin.send('POST', '/v1/articles', { as: alice, body, headers })
  expect(status).toBe(201)
  return { path: `/v1/articles/${json.id}`, id: json.id, slug: json.slug }
}
const get = (path: string) => origin.send('GET', path)
const remove = (path: string, headers = {}, as = alice) => origin.send('DELETE', path, { as, headers })
const restore = (path: string, headers = {}, as: Principal = editor) =>
  origin.send('POST', `${path}/restore`, { as, headers })
const purged = ({ headers }: Awaited<ReturnType<typeof get>>) =>
  String(headers[names.purgeTag] ?? '')
    .split(',')
    .filter(Boolean)

describe('a deleted document', () => {
  it('is in no read, list or unique index', async () => {
    const { path, slug } = await article()
    expect((await remove(path)).status).toBe(204)
    expect((await get(path)).status).toBe(404)
    expect((await get(`/v1/articles?slug=${slug}`)).json.items).toEqual([])
    expect((await origin.send('PATCH', path, { as: alice, body: { title: 'X' } })).status).toBe(404)
    expect((await remove(path)).status).toBe(404)
    // Another article may use its slug.
    await article({ slug })
  })

  it('is restored as its next version, with its times, fields and position in lists', async () => {
    const { path, id, slug } = await article({ title: 'Kept' })
    const before = await get(path)
    await remove(path)
    const restored = await restore(path)
    expect([restored.status, versionOf(restored.headers.etag)]).toEqual([200, 2])
    expect(restored.json).toEqual({ ...before.json, updatedAt: restored.json.updatedAt })
    expect(restored.json.updatedAt >= before.json.updatedAt).toBe(true)
    const after = await get(path)
    expect([after.text, after.headers.etag]).toEqual([restored.text, restored.headers.etag])
    expect((await get(`/v1/articles?slug=${slug}`)).json.items.map((one: { id: string }) => one.id)).toEqual([
      id,
    ])
    const changed = await origin.send('PATCH', path, { as: alice, body: { title: 'X' } })
    expect([changed.status, versionOf(changed.headers.etag)]).toEqual([200, 3])
  })

  it('can be deleted and restored repeatedly, and its version only grows', async () => {
    const { path } = await article()
    const versions: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await remove(path)).status).toBe(204)
      versions.push(versionOf((await restore(path)).headers.etag))
    }
    expect(versions).toEqual([2, 3, 4])
  })

  it('is removed after its retention', async () => {
    const { path, id } = await article()
    await remove(path)
    const records = origin.database.db.collection<Tombstone>('articles')
    const record = await records.findOne({ _id: id })
    // The field of the TTL index.
    expect(record?._expires.getTime()).toBe(Date.parse(record?._updated ?? '') + 30 * 86_400_000)
    await records.updateOne({ _id: id }, { $set: { _expires: new Date(Date.now() - 1) } })
    expect((await restore(path)).status).toBe(404)
  })

  it('purges its tags when it is deleted and when it is restored', async () => {
    const { path, id } = await article()
    for (const answer of [await remove(path), await restore(path)]) {
      expect(purged(answer)).toEqual([documentTag('articles', id), 'articles:*'])
    }
  })
})

describe('restoring', () => {
  it('is allowed to callers whom its rule and the read rule allow', async () => {
    const { path } = await article()
    await remove(path)
    const nobody = await origin.send('POST', `${path}/restore`)
    const author = await restore(path, {}, alice)
    expect([nobody.status, author.status]).toEqual([401, 403])
    expect((await get(path)).status).toBe(404)
  })

  it('twice gets the same answer', async () => {
    const { path } = await article()
    await remove(path)
    const [first, second] = [await restore(path), await restore(path)]
    expect([second.status, second.text, second.headers.etag]).toEqual([200, first.text, first.headers.etag])
    expect(purged(second)).toEqual([])
  })

  it('with a key happens once, and gets its first answer again with its purge tags while the document is there', async () => {
    const { path, id } = await article()
    await remove(path)
    const key = { 'idempotency-key': `restore-${id}` }
    const first = await restore(path, key)
    const replayed = async () => {
      const again = await restore(path, key)
      expect([again.headers['idempotency-replayed'], purged(again)]).toEqual(['true', purged(first)])
      return [again.status, again.text]
    }
    expect(await replayed()).toEqual([200, first.text])
    await remove(path)
    expect(await replayed()).toEqual([204, ''])
    expect((await get(path)).status).toBe(404)
  })

  it('compares If-Match with the deleted version', async () => {
    const { path } = await article()
    const { etag = '' } = (await get(path)).headers
    await origin.send('PATCH', path, { as: alice, body: { title: 'Newer' } })
    const newer = (await get(path)).headers.etag ?? ''
    await remove(path, { 'if-match': newer })
    expect((await restore(path, { 'if-match': etag })).status).toBe(412)
    expect((await get(path)).status).toBe(404)
    expect((await restore(path, { 'if-match': newer })).json.title).toBe('Newer')
    // The document has another version now.
    expect((await restore(path, { 'if-match': newer })).status).toBe(412)
  })

  it('is refused if another document has its unique value', async () => {
    const { path, slug } = await article()
    await remove(path)
    await article({ slug })
    const { status, json } = await restore(path)
    expect([status, json.code]).toEqual([409, 'unique-conflict'])
    expect((await get(path)).status).toBe(404)
  })

  it('is judged by the resource’s rules and guards as operation restore', async () => {
    const locked = await article({ isLocked: true })
    await remove(locked.path)
    const { status, json } = await restore(locked.path)
    expect([status, json.code, json.reason]).toEqual([409, 'conflict', 'locked'])
    const banned = await article({ title: 'Banned' })
    await remove(banned.path)
    expect((await restore(banned.path)).status).toBe(422)
    expect(asked).toMatchObject({ operation: 'restore', before: { title: 'Banned' } })
  })

  it('by many concurrent requests happens once', async () => {
    const { path } = await article()
    await remove(path)
    const answers = await Promise.all(Array.from({ length: 6 }, () => restore(path)))
    expect(answers.map(({ status, headers }) => [status, versionOf(headers.etag)])).toEqual(
      Array(6).fill([200, 2]),
    )
  })

  it('is 404 for an id that never existed, and for a resource without soft delete', async () => {
    expect((await restore('/v1/articles/none')).status).toBe(404)
    const { headers } = await origin.send('POST', '/v1/notes', { as: alice, body: { text: 'x' } })
    await remove(String(headers.location))
    expect((await restore(String(headers.location))).status).toBe(404)
  })
})

it('a create with a key is replayed while its document is deleted, and after', async () => {
  const key = { 'idempotency-key': 'made-once' }
  const body = { slug: 'made-once', title: 'T', isLocked: false }
  const send = () => origin.send('POST', '/v1/articles', { as: alice, body, headers: key })
  const first = await send()
  const path = String(first.headers.location)
  await remove(path)
  const second = await send()
  expect([second.status, second.text, second.headers['idempotency-replayed']]).toEqual([
    201,
    first.text,
    'true',
  ])
  expect((await get(path)).status).toBe(404)
  await restore(path)
  expect((await send()).text).toBe(first.text)
  expect((await get(path)).json).toEqual({ ...first.json, updatedAt: expect.any(String) })
})

it('handlers delete and restore several documents together', async () => {
  const [one, two] = [await article(), await article()]
  const ask = (back: boolean, ids = [one.id, two.id]) =>
    origin.send('POST', '/v1/articles/trash', { as: bob, body: { ids, back } })
  expect((await ask(false)).status).toBe(204)
  expect([(await get(one.path)).status, (await get(two.path)).status]).toEqual([404, 404])
  const unknown = await ask(true, [one.id, 'none'])
  expect([unknown.status, (await get(one.path)).status]).toEqual([404, 404])
  const back = await ask(true)
  expect([back.status, (await get(one.path)).status, (await get(two.path)).status]).toEqual([204, 200, 200])
  expect(purged(back)).toContain(documentTag('articles', two.id))
})

it('the OpenAPI document describes how to undo a deletion', async () => {
  const { paths } = (await get('/openapi.json')).json
  expect(paths['/v1/articles/{id}'].delete.description).toContain('see `articles/{id}/restore`')
  const { post } = paths['/v1/articles/{id}/restore']
  expect(post.operationId).toBe('restoreArticlesV1')
  expect(post.description).toContain('up to 30d after its deletion')
  expect(paths['/v1/notes/{id}/restore']).toBeUndefined()
})

it('the documentation page shows the example of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'soft-delete.md'), 'utf8')
  expect(page).toContain(readFileSync(join(folder, 'example/articles.ts'), 'utf8'))
})
