import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  all,
  any,
  anyone,
  asStored,
  defineApplication,
  headers as names,
  owner,
  query,
  resource,
  role,
  scope,
  signedIn,
} from '@spillway/origin/contract'
import { type Document, MongoClient } from 'mongodb'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { articles } from '../docs/model/example/articles.ts'
import { byAuthor } from '../docs/model/example/by-author.ts'
import { answerByAuthor } from '../docs/model/example/server/by-author.ts'
import { answer, defineServer, type QueryContext } from '../src/server.ts'
import { openRepository } from '../src/store/open-repository.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import { runHandler } from './support/run-handler.ts'

const noteSchema = Type.Object({
  ownerId: Type.String({ maxLength: 255 }),
  topic: Type.String({ maxLength: 20 }),
  rank: Type.Integer(),
  secret: Type.Optional(Type.String({ maxLength: 20 })),
})
const notes = resource('notes', {
  description: 'Notes, read by their owner or an auditor.',
  schema: noteSchema,
  access: {
    read: any(owner('ownerId'), role('auditor')),
    write: owner('ownerId'),
    fields: { secret: { read: owner('ownerId') } },
  },
  cache: { maxAge: '1m', listsBy: ['topic'] },
  query: { filter: ['topic'] },
  indexes: [{ fields: { topic: 1 } }, { fields: { ownerId: 1, topic: 1 } }],
  versions: [asStored('v1', noteSchema, { readOnly: ['ownerId'] })],
})
const output = Type.Object({ result: Type.Unknown() })
/** Reads notes as the caller may; its answers are stored for those who may read the same. */
const shared = query('shared', {
  description: 'Anything about notes.',
  on: notes,
  access: signedIn,
  parameters: Type.Object({
    topic: Type.Optional(Type.String({ maxLength: 5 })),
    rank: Type.Optional(Type.Integer({ minimum: 1 })),
    since: Type.Optional(Type.String({ format: 'date-time' })),
    open: Type.Optional(Type.Boolean()),
  }),
  output,
  cache: { maxAge: '1m' },
})
/** Reads all notes, whoever asks, and is never stored. */
const whole = query('whole', {
  description: 'Anything about all notes.',
  on: notes,
  access: scope('notes:all'),
  output,
  reads: [],
  readsAll: [notes],
  priority: 'background',
})
const personal = query('personal', {
  description: "The caller's own.",
  on: notes,
  access: signedIn,
  output,
  cache: { maxAge: '1m', visibility: 'subject' },
})
let doAnything: (context: QueryContext) => unknown
const freely = async (context: QueryContext) => ({ result: await doAnything(context), hidden: 'swordfish' })

const application = defineApplication({
  name: 'queries',
  title: 'Queries',
  summary: 'Queries.',
  resources: [articles, notes],
  queries: [byAuthor, shared, whole, personal],
})
const server = defineServer(
  answerByAuthor,
  answer(shared, freely as never),
  answer(whole, freely),
  answer(personal, freely),
)
const auditor = { subject: 'auditor', scopes: ['notes:all'], claims: { roles: ['auditor'] } }

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())
beforeEach(() => {
  doAnything = () => undefined
})

const get = (path: string, as: typeof alice | undefined = alice, headers = {}) =>
  origin.send('GET', path, { as, headers })
const note = async (fields: object, as = alice) =>
  (await origin.send('POST', '/v1/notes', { as, body: { topic: 'a', rank: 1, ...fields } })).json.id as string
const article = (slug: string, as = alice) =>
  origin.send('POST', '/v1/articles', { as, body: { slug, title: `T ${slug}`, isLocked: false } })
const tagsOf = ({ headers }: Awaited<ReturnType<typeof get>>) =>
  String(headers[names.cacheTag] ?? '')
    .split(',')
    .filter(Boolean)

describe('the example', () => {
  it('is answered from the database, with cache headers, tags and an ETag', async () => {
    for (const slug of ['c', 'a', 'b']) await article(slug)
    const found = await origin.send('GET', '/v1/articles/by-author?authorId=alice&limit=2')
    expect([found.status, found.json]).toEqual([
      200,
      {
        count: 3,
        isMore: false,
        first: [
          { id: expect.any(String), title: 'T a' },
          { id: expect.any(String), title: 'T b' },
        ],
      },
    ])
    const route = '/v1/articles/by-author'
    const work = { answers: 1, rows: 2, bytes: Buffer.byteLength(found.text), durationMs: expect.any(Number) }
    expect(origin.metrics.work.totals()).toEqual([{ kind: 'query', route, work }])
    expect(found.headers['cache-control']).toBe('public, no-cache')
    expect(found.headers['cdn-cache-control']).toBe(
      'max-age=60, stale-while-revalidate=600, stale-if-error=86400',
    )
    expect(tagsOf(found)).toEqual([
      'articles:*',
      expect.stringMatching(/^articles\/by-author@v1:[0-9a-z]{8}$/),
    ])
    const again = await origin.send('GET', '/v1/articles/by-author?limit=2&authorId=alice', {
      headers: { 'if-none-match': found.headers.etag },
    })
    expect([again.status, again.text]).toEqual([304, ''])
    await article('d')
    const changed = await origin.send('GET', '/v1/articles/by-author?authorId=alice&limit=2', {
      headers: { 'if-none-match': found.headers.etag },
    })
    expect([changed.status, changed.json.count]).toEqual([200, 4])
  })

  it('has a HEAD, and no other method; a document of its name is no document', async () => {
    const head = await origin.send('HEAD', '/v1/articles/by-author?authorId=alice')
    expect([head.status, head.text]).toEqual([200, ''])
    for (const method of ['PUT', 'DELETE', 'POST']) {
      const { status, headers } = await origin.send(method, '/v1/articles/by-author', { as: alice, body: {} })
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD, OPTIONS'])
    }
  })
})

describe('parameters', () => {
  it('reach the handler in their types, defaults filled in', async () => {
    doAnything = ({ parameters }) => parameters
    const { json } = await get('/v1/notes/shared?topic=x&rank=3&open=false&since=2030-05-01T10:00:00%2B02:00')
    expect(json.result).toEqual({ topic: 'x', rank: 3, open: false, since: '2030-05-01T08:00:00.000Z' })
  })

  it.each([
    ['/v1/articles/by-author', 'authorId', 'Required parameter.'],
    ['/v1/articles/by-author?authorId=a&limit=21', 'limit', expect.any(String)],
    ['/v1/articles/by-author?authorId=a&limit=many', 'limit', expect.stringContaining('Must be an integer')],
    [
      '/v1/articles/by-author?authorId=a&sort=title',
      'sort',
      'Unknown parameter. Supported: authorId, limit.',
    ],
    ['/v1/articles/by-author?authorId=a&authorId=b', 'authorId', 'Duplicate parameter.'],
    ['/v1/notes/shared?topic=toolong', 'topic', expect.any(String)],
    ['/v1/notes/shared?rank=0', 'rank', expect.any(String)],
    ['/v1/notes/shared?open=yes', 'open', 'Must be true or false.'],
    ['/v1/notes/whole?x=1', 'x', 'Unknown parameter. Supported: none.'],
  ])('%s is refused, by the name of %s', async (path, parameter, detail) => {
    const { status, json, headers } = await get(path, auditor)
    expect([status, json.code, json.errors]).toEqual([400, 'invalid-query', [{ parameter, detail }]])
    expect(headers['cdn-cache-control']).toBeUndefined()
  })
})

describe('access', () => {
  it('is decided by the token', async () => {
    expect((await origin.send('GET', '/v1/notes/shared')).status).toBe(401)
    expect((await get('/v1/notes/whole')).status).toBe(403)
    expect((await get('/v1/notes/whole', auditor)).status).toBe(200)
  })

  it('narrows what is read to what the caller may read, and not what the query reads whole', async () => {
    const [own, foreign] = [await note({ topic: 'seen' }), await note({ topic: 'seen' }, bob)]
    doAnything = async ({ store }) => {
      const list = await store.list(notes, { filter: { topic: 'seen' }, limit: 10 })
      const gets = await Promise.all([own, foreign].map((id) => store.get(notes, id)))
      return [list.map(({ ownerId }) => ownerId).sort(), gets.map((one) => one?.ownerId ?? null)]
    }
    expect((await get('/v1/notes/shared')).json.result).toEqual([['alice'], ['alice', null]])
    expect((await get('/v1/notes/shared', bob)).json.result).toEqual([['bob'], [null, 'bob']])
    const everything = [
      ['alice', 'bob'],
      ['alice', 'bob'],
    ]
    expect((await get('/v1/notes/shared', auditor)).json.result).toEqual(everything)
    expect((await get('/v1/notes/whole', { ...auditor, claims: {} } as never)).json.result).toEqual(
      everything,
    )
  })

  it('hides the fields that the caller is not shown, and compares nothing by them', async () => {
    const id = await note({ topic: 'hides', secret: 'x' })
    doAnything = async ({ store }) => (await store.get(notes, id))?.secret ?? null
    expect((await get('/v1/notes/shared')).json.result).toBe('x')
    expect((await get('/v1/notes/shared', auditor)).json.result).toBe(null)
    expect((await get('/v1/notes/whole', auditor)).json.result).toBe('x')
    doAnything = ({ store }) => store.list(notes, { filter: { topic: 'hides', secret: 'x' }, limit: 1 })
    expect((await get('/v1/notes/shared')).status).toBe(500)
    expect((await get('/v1/notes/whole', auditor)).json.result).toHaveLength(1)
    const or = [{ secret: 'x' }]
    doAnything = ({ store }) => store.list(notes, { filter: { topic: 'hides' }, or, limit: 1 })
    expect((await get('/v1/notes/shared')).status).toBe(500)
    expect((await get('/v1/notes/whole', auditor)).json.result).toHaveLength(1)
  })

  it('keeps from a handler who asks, where others are given the same stored answer', async () => {
    doAnything = ({ principal, subject }) => [principal?.subject ?? null, subject ?? null]
    expect((await get('/v1/notes/shared')).json.result).toEqual([null, null])
    expect((await get('/v1/notes/personal')).json.result).toEqual([null, 'alice'])
    expect((await get('/v1/notes/whole', auditor)).json.result).toEqual(['auditor', 'auditor'])
  })

  it('to what a query does not name is a defect', async () => {
    doAnything = ({ store }) => store.get(articles, 'x')
    expect((await get('/v1/notes/shared')).status).toBe(500)
    expect(origin.logged.join('')).toContain(
      "the query does not read 'articles': name it in the query's reads",
    )
  })
})

describe('tags', () => {
  const listing = (filter: object) =>
    (doAnything = ({ store }) => store.list(notes, { filter, limit: 5 } as never))

  it('follow from what was read: documents, absent ones too, and lists by value', async () => {
    const id = await note({})
    doAnything = async ({ store }) => [await store.get(notes, id), (await store.get(notes, 'none')) ?? null]
    expect(tagsOf(await get('/v1/notes/shared')).slice(0, -1)).toEqual([`notes:${id}`, 'notes:none'])
    listing({ topic: 'x' })
    expect(tagsOf(await get('/v1/notes/shared')).slice(0, -1)).toEqual(['notes:*', 'notes:*:topic=x'])
    listing({ topic: { in: ['x', 'y'] } })
    expect(tagsOf(await get('/v1/notes/shared')).slice(0, -1)).toEqual([
      'notes:*',
      'notes:*:topic=x',
      'notes:*:topic=y',
    ])
  })

  it('of many documents are those of all lists, which every write purges', async () => {
    doAnything = async ({ store }) => {
      for (let index = 0; index < 21; index += 1) await store.get(notes, `none-${index}`)
    }
    expect(tagsOf(await get('/v1/notes/shared')).slice(0, -1)).toEqual(['notes:*', 'notes:*:='])
  })

  it('are none where nothing is stored', async () => {
    doAnything = ({ store }) => store.list(notes, { filter: { topic: 'x' }, limit: 5 })
    const answered = await get('/v1/notes/whole', auditor)
    expect([tagsOf(answered), answered.headers['cache-control']]).toEqual([[], 'no-store'])
  })
})

describe('a handler', () => {
  it('that throws is a 500, logged; what the output does not name is not sent', async () => {
    doAnything = () => {
      throw new Error('swordfish-1')
    }
    const failed = await get('/v1/notes/shared')
    expect([failed.status, failed.text.includes('swordfish')]).toEqual([500, false])
    expect(origin.logged.join('')).toContain('swordfish-1')
    doAnything = () => 'fine'
    expect((await get('/v1/notes/shared')).text).toBe('{"result":"fine"}')
  })

  it('that does not end is cut off with 504, its signal aborted, and reads nothing more', async () => {
    const after = Promise.withResolvers<unknown>()
    doAnything = async ({ store, signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await store.get(notes, 'x').then(after.resolve, after.resolve)
    }
    const late = await get('/v1/notes/shared', alice, { [names.timeoutMs]: '1000' })
    expect([late.status, late.json.code]).toEqual([504, 'deadline-exceeded'])
    expect(String(await after.promise)).toContain('nothing more can be read')
  })
})

it('the OpenAPI document describes every query', async () => {
  const { paths } = (await get('/openapi.json')).json
  const described = paths['/v1/articles/by-author'].get
  expect(described.operationId).toBe('byAuthorArticlesV1')
  expect(described.parameters.slice(0, 2)).toEqual([
    { name: 'authorId', in: 'query', required: true, schema: expect.objectContaining({ maxLength: 255 }) },
    {
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 20, default: 5 },
    },
  ])
  expect(Object.keys(described.responses)).toEqual(expect.arrayContaining(['200', '304', '400', '504']))
  expect(Object.keys(paths['/v1/notes/whole'].get.responses)).toContain('403')
})

describe('a definition', () => {
  const good = { description: 'D.', on: notes, access: signedIn, output }
  it.each<[string, object, string]>([
    ['Near', {}, 'lower-case letters'],
    ['near', { access: owner('ownerId') }, 'must be decided by the token alone'],
    ['near', { access: all(signedIn, owner('ownerId')) }, 'must be decided by the token alone'],
    ['near', { parameters: Type.Object({ tags: Type.Array(Type.String()) }) }, "'tags' must be a string"],
    ['near', { cache: { maxAge: 'soon' } }, 'cache.maxAge'],
    ['near', { access: anyone, cache: { maxAge: '1m', visibility: 'subject' } }, 'leaves out callers'],
    ['near', { versions: ['v9'] }, "'notes' does not have"],
    ['near', { output: undefined }, 'output is missing'],
    ['near', { read: [notes] }, "option 'read' is unknown: did you mean 'reads'?"],
  ])('%s with %j is refused', (name, options, message) => {
    expect(() => query(name, { ...good, ...options } as never)).toThrow(message)
  })

  it('that reads all of what is listed by owner cannot be stored', () => {
    const ownSchema = Type.Object({ ownerId: Type.String({ maxLength: 255 }) })
    const own = resource('own', {
      description: 'Own.',
      schema: ownSchema,
      access: { read: owner('ownerId'), write: owner('ownerId') },
      indexes: [{ fields: { ownerId: 1 } }],
      versions: [asStored('v1', ownSchema, { readOnly: ['ownerId'] })],
    })
    const options = { ...good, readsAll: [own], cache: { maxAge: '1m' } } as const
    expect(() => query('near', options)).toThrow("use 'none'")
  })

  it('without code, or of a path that is taken, does not start', async () => {
    await expect(startTestApp({ application, server: defineServer(answerByAuthor) })).rejects.toThrow(
      "query 'shared' of 'notes' has no handler: write answer(…) in origin/application/server/shared.ts",
    )
    const about = { name: 'a', title: 'A', summary: 'A.' }
    expect(() => defineApplication({ ...about, resources: [notes], queries: [whole, whole] })).toThrow(
      'rename',
    )
    expect(() => defineApplication({ ...about, resources: [articles], queries: [whole] })).toThrow(
      "names 'notes'",
    )
  })
})

it('the page shows the examples that are tested here', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'named-queries.md'), 'utf8')
  for (const example of ['by-author.ts', 'server/by-author.ts']) {
    expect(page).toContain(readFileSync(join(folder, 'example', example), 'utf8'))
  }
})

describe('what one run reads', () => {
  beforeAll(async () => {
    const at = '2026-01-01T00:00:00.000Z'
    const filler = 'x'.repeat(200_000)
    const base = { _v: 1, _created: at, _updated: at, _w: [], ownerId: 'alice', rank: 1, filler }
    const large = Array.from({ length: 90 }, (_, index) => ({
      ...base,
      _id: `large-${index}`,
      topic: 'large',
    }))
    await origin.database.db.collection('notes').insertMany(large as never[])
  })
  const run = (handler: typeof doAnything) =>
    runHandler(
      handler,
      (used) => {
        doAnything = used
      },
      () => get('/v1/notes/shared'),
    )
  const filter = { topic: 'large' }

  it('is bounded by list', async () => {
    const { status, mistake } = await run(({ store }) => store.list(notes, { filter, limit: 90 }))
    expect([status, mistake]).toEqual([500, expect.stringContaining('the list has more than 16 MiB')])
  })

  it('is bounded altogether', async () => {
    const lists = async (store: QueryContext['store'], count: number) => {
      let found = 0
      for (let index = 0; index < count; index += 1)
        found += (await store.list(notes, { filter, limit: 70 })).length
      return found
    }
    expect(await run(({ store }) => lists(store, 2))).toMatchObject({ status: 200, result: 140 })
    const { status, mistake } = await run(({ store }) => lists(store, 3))
    expect([status, mistake]).toEqual([500, expect.stringContaining('has read more than 32 MiB')])
  })

  it('is asked of the database until the deadline of the request, and no longer', async () => {
    const client = new MongoClient(mongodbUri(), { monitorCommands: true, retryWrites: false })
    const sent: Document[] = []
    client.on('commandStarted', ({ command }) => sent.push(command))
    const { repository, commits } = openRepository(client.db(origin.database.db.databaseName))
    const { database } = origin
    const watched = await startTestApp({ application, server, database, over: () => repository, commits })
    doAnything = ({ store }) => store.list(notes, { filter: { topic: 'timed' }, limit: 1 })
    const headers = { [names.timeoutMs]: '1500' }
    expect((await watched.send('GET', '/v1/notes/shared', { as: alice, headers })).status).toBe(200)
    await watched.stop()
    await client.close()
    const list = sent.find((command) => JSON.stringify(command.filter)?.includes('timed'))
    expect(list?.maxTimeMS).toBeGreaterThan(0)
    expect(list?.maxTimeMS).toBeLessThanOrEqual(1_500)
  })
})
