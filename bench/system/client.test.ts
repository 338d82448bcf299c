import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ApiProblem, connect, NoAnswer } from '@spillway/origin/client'
import { root } from '@spillway/origin/dev/folders'
import { tidyUp } from '@spillway/origin/example/client'
import { answerByAuthor } from '@spillway/origin/example/server/by-author'
import { defineServer } from '@spillway/origin/server'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { application } from '../../edge/test/fixture/articles.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** The typed client against edge, cache, origin and database. */

let stack: ExampleStack
/** Client of a person, or of an anonymous caller. */
let as: (who?: string) => ReturnType<typeof connect<typeof application>>['v1']['articles']

beforeAll(async () => {
  stack = await startExampleStack({
    worker: 'articles-worker',
    app: { application, server: defineServer(answerByAuthor) },
    people: { ann: {}, bob: {} },
  })
  as = (who) => {
    const token = who === undefined ? undefined : stack.tokens.get(who)
    return connect<typeof application>({ url: stack.url, ...(token !== undefined && { token }) }).v1.articles
  }
})

afterAll(() => stack?.stop())

const body = (slug: string) => ({ slug, title: slug, isLocked: false })

test('a document is created, read, patched, replaced and deleted', async () => {
  const ann = as('ann')
  const made = await ann.create(body('tour'))
  expect(made.document).toMatchObject({ slug: 'tour', authorId: 'ann' })
  const { id } = made.document
  expect(await as().read(id)).toEqual(made)
  const { document } = await ann.read(id, { fields: ['title'] })
  expect(document).toEqual({ id, title: 'tour' })
  const patched = await ann.patch(made, { title: 'New' })
  expect(patched.document.title).toBe('New')
  expect(patched.etag).not.toBe(made.etag)
  const replaced = await ann.replace(patched, { ...body('tour'), title: 'Newer' })
  // The writer sees its own write, whatever is cached.
  expect(await ann.read(id)).toEqual(replaced)
  await ann.delete(replaced)
  await expect(ann.read(id)).rejects.toMatchObject({ code: 'not-found', status: 404 })
})

test('a conflict is an error, and change() repeats the change on the new version', async () => {
  const ann = as('ann')
  const first = await ann.create(body('conflict'))
  const { id } = first.document
  await ann.patch(first, { title: '1' })
  await expect(ann.patch(first, { title: '2' })).rejects.toMatchObject({ code: 'precondition-failed' })
  const changes = ['a', 'b', 'c'].map((letter) =>
    as('ann').change(id, ({ title }) => ({ title: `${title}${letter}` })),
  )
  await Promise.all(changes)
  const { document } = await ann.read(id)
  expect([...document.title].sort().join('')).toBe('1abc')
})

test('a list is iterated over page by page', async () => {
  const ann = as('ann')
  const slugs = Array.from({ length: 7 }, (_, index) => `page-${index}`)
  const items = await ann.createMany([...slugs.map(body), body('page-0')])
  expect(items.map(({ status }) => status)).toEqual([...slugs.map(() => 201), 409])
  expect(items.at(-1)).toMatchObject({ problem: { code: 'unique-conflict' } })
  const list = ann.list({ filter: { slug: { in: slugs } }, limit: 3, count: true })
  const seen: string[] = []
  for await (const { slug } of list) seen.push(slug)
  expect(seen.sort()).toEqual(slugs)
  const page = await list.page()
  expect([page.items.length, page.count]).toEqual([3, { value: 7, relation: 'eq' }])
  const sizes: number[] = []
  for await (const one of list.pages()) sizes.push(one.items.length)
  expect(sizes).toEqual([3, 3, 1])
  const none = await ann.list({ filter: { slug: 'nothing' } }).page()
  expect(none).toMatchObject({ items: [], nextCursor: null })
})

test('a query is asked with its parameters', async () => {
  const bob = as('bob')
  await bob.create(body('of-bob'))
  const answer = await bob.query('by-author', { authorId: 'bob', limit: 1 })
  expect(answer).toMatchObject({ count: 1, isMore: false, first: [{ title: 'of-bob' }] })
  await expect(bob.query('by-author')).rejects.toMatchObject({ code: 'invalid-query' })
})

test('a refusal says why', async () => {
  await expect(as().create(body('denied'))).rejects.toMatchObject({ code: 'unauthenticated' })
  const made = await as('ann').create(body('of-ann'))
  const error = await as('bob')
    .patch(made, { title: 'Mine' })
    .catch((refused: unknown) => refused)
  expect(error).toBeInstanceOf(ApiProblem)
  expect(error).toMatchObject({ code: 'insufficient-scope', status: 403 })
  const wrong = await as('ann')
    .create({ ...body('wrong'), title: '' })
    .catch((refused: unknown) => refused)
  expect(wrong).toMatchObject({ code: 'validation-failed', problem: { errors: [{ pointer: '/title' }] } })
})

test('an API that is not there is no answer', async () => {
  const { v1 } = connect<typeof application>({ url: 'http://127.0.0.1:9', timeoutMs: 2_000 })
  const error = await v1.articles.read('1').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NoAnswer)
  expect(error).toMatchObject({ mayHaveHappened: false })
})

test('the example of its page does what it says, again and again', async () => {
  const example = await readFile(join(root, 'origin/docs/model/example/client.ts'), 'utf8')
  expect(await readFile(join(root, 'origin/docs/client.md'), 'utf8')).toContain(example)
  const session = { accessToken: async () => stack.tokens.get('ann') as string }
  for (let run = 0; run < 2; run += 1) {
    expect(await tidyUp(stack.url, session)).toEqual(['A BETTER TITLE'])
  }
})

test('it has less than 6 KB, compressed', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'origin/client/index.ts')],
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    platform: 'browser',
  })
  const [bundle] = outputFiles
  expect(gzipSync(bundle?.contents ?? '').byteLength).toBeLessThan(6_000)
  expect(bundle?.text).toContain('spillway-consistency')
})
