import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  action,
  asStored,
  defineApplication,
  documentTag,
  headers as names,
  resource,
  scope,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accept } from '../docs/model/example/accept.ts'
import { bookings } from '../docs/model/example/bookings.ts'
import { listings } from '../docs/model/example/listings.ts'
import { acceptBooking } from '../docs/model/example/server/accept.ts'
import { type ActionContext, defineServer, type Implementation, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'
import { versionOf } from './support/etag.ts'

const counterSchema = Type.Object({
  count: Type.Integer({ minimum: 0 }),
  label: Type.Optional(Type.String({ maxLength: 20 })),
  tags: Type.Optional(Type.Array(Type.String())),
})
const counters = resource('counters', {
  description: 'Counters.',
  schema: counterSchema,
  access: { read: signedIn, write: signedIn },
  indexes: [{ fields: { label: 1 }, unique: true }],
  versions: [asStored('v1', counterSchema)],
})

/** An action whose handler the test sets. */
const freely = action('freely', {
  description: 'Does anything.',
  on: counters,
  access: signedIn,
  target: 'collection',
  timeout: '30s',
  output: Type.Object({ result: Type.String() }),
})
const bump = action('bump', { description: 'Adds one.', on: counters, access: signedIn, timeout: '30s' })
const guarded = action('guarded', {
  description: 'For some.',
  on: counters,
  access: scope('counters:guard'),
  timeout: '30s',
  priority: 'critical',
})

type Context = ActionContext<typeof freely>
let doAnything: (context: Context) => unknown

const application = defineApplication({
  name: 'actions',
  title: 'Actions',
  summary: 'Actions.',
  resources: [bookings, listings, counters],
  actions: [accept, freely, bump, guarded],
})
const server = defineServer(
  acceptBooking,
  implement(freely, async (context) => {
    const result = await doAnything(context)
    return { result: String(result ?? ''), hidden: 'swordfish' }
  }),
  implement(bump, ({ document, store }) => store.increment(counters, document.id, { count: 1 })),
  implement(guarded, () => {}),
)

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())
beforeEach(() => {
  doAnything = () => undefined
})

const editor = { subject: 'editor', scopes: ['listings:write'] }
const post = (path: string, body?: unknown, headers = {}, as = alice) =>
  origin.send('POST', path, { as, headers, ...(body !== undefined && { body }) })
const get = (path: string, as = alice) => origin.send('GET', path, { as })
const idOf = (path: string) => path.split('/').at(-1) as string

async function listing(): Promise<string> {
  const body = { title: 'Villa', nightsSold: 0, guestIds: [] }
  return String((await post('/v1/listings', body, {}, editor)).headers.location)
}
async function booking(listingPath: string): Promise<string> {
  const stay = { listingId: idOf(listingPath), startsOn: '2030-05-01', endsOn: '2030-05-04', guests: 2 }
  return String((await post('/v1/bookings', stay)).headers.location)
}
async function counter(fields = {}): Promise<string> {
  return String((await post('/v1/counters', { count: 0, ...fields })).headers.location)
}
const purged = (answer: Awaited<ReturnType<typeof post>>) =>
  String(answer.headers[names.purgeTag] ?? '')
    .split(',')
    .filter(Boolean)

describe('an action on a document', () => {
  it('writes all of its documents together, and answers with its document’s new state', async () => {
    const villa = await listing()
    const path = await booking(villa)
    const answer = await post(`${path}/accept`)
    expect([answer.status, answer.json.status, versionOf(answer.headers.etag)]).toEqual([200, 'accepted', 2])
    expect(answer.json.acceptedAt).toBe(answer.json.updatedAt)
    expect((await get(villa)).json).toMatchObject({ nightsSold: 3, guestIds: ['alice'] })
    expect((await get(path)).text).toBe(answer.text)
  })

  it('purges each written document and the lists that show it', async () => {
    const villa = await listing()
    const path = await booking(villa)
    const tags = purged(await post(`${path}/accept`))
    expect(tags).toContain(documentTag('bookings', idOf(path)))
    expect(tags).toContain(documentTag('listings', idOf(villa)))
    expect(tags).toContain('bookings:*:alice')
    expect(tags.some((tag) => tag.startsWith('listings:*'))).toBe(true)
  })

  it('refuses with a reason, and changes nothing', async () => {
    const villa = await listing()
    const path = await booking(villa)
    await post(`${path}/accept`)
    const { status, json, headers } = await post(`${path}/accept`)
    expect([status, json.code, json.reason]).toEqual([409, 'conflict', 'not-requested'])
    expect(json.detail).toBe('The booking has been decided already.')
    expect(headers[names.purgeTag]).toBeUndefined()
    expect((await get(villa)).json.nightsSold).toBe(3)
  })

  it('is 404 for a foreign document and for a missing one', async () => {
    const path = await booking(await listing())
    const foreign = await post(`${path}/accept`, {}, {}, bob)
    const absent = await post('/v1/bookings/none/accept')
    expect([foreign.status, absent.status]).toEqual([404, 404])
    expect((await get(path)).json.status).toBe('requested')
  })

  it('is conditional on If-Match', async () => {
    const path = await counter()
    expect((await post(`${path}/bump`, undefined, { 'if-match': '"1"' })).status).toBe(200)
    const late = await post(`${path}/bump`, undefined, { 'if-match': '"1"' })
    expect([late.status, late.json.code]).toEqual([412, 'precondition-failed'])
    expect((await get(path)).json.count).toBe(1)
  })

  it('counts each of many concurrent requests', async () => {
    const path = await counter()
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(`${path}/bump`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect((await get(path)).json.count).toBe(6)
  })
})

describe('the request', () => {
  it.each([
    [{ guestsMax: 0 }, '/guestsMax'],
    [{ guestsMax: 'many' }, '/guestsMax'],
    [{ other: 1 }, '/other'],
    [[], ''],
  ])('with the input %j is 422 at %j', async (body, pointer) => {
    const answer = await post(`${await booking(await listing())}/accept`, body)
    expect([answer.status, answer.json.code, answer.json.errors[0].pointer]).toEqual([
      422,
      'validation-failed',
      pointer,
    ])
  })

  it('is 422 if the handler refuses the input', async () => {
    const path = await booking(await listing())
    const answer = await post(`${path}/accept`, { guestsMax: 1 })
    expect([answer.status, answer.json.errors]).toEqual([
      422,
      [{ pointer: '/guestsMax', detail: 'Must be at least the number of guests.' }],
    ])
    expect((await get(path)).json.status).toBe('requested')
  })

  it.each([
    ['not JSON', '{', {}, 400, 'malformed-json'],
    ['another type', 'a=1', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['a malformed key', '{}', { 'idempotency-key': 'a b' }, 400, 'invalid-header'],
  ])('with %s is refused', async (_, body, headers, status, code) => {
    const answer = await post(`${await counter()}/bump`, body, headers)
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })

  it('is 401 without a token, and 403 without the scope', async () => {
    const path = await counter()
    expect((await origin.send('POST', `${path}/bump`)).status).toBe(401)
    const { status, json } = await post(`${path}/guarded`)
    expect([status, json.code]).toEqual([403, 'insufficient-scope'])
    const guard = { subject: 'guard', scopes: ['counters:guard'] }
    expect((await post(`${path}/guarded`, undefined, {}, guard)).status).toBe(200)
  })

  it('is 405 with another method, also if the action’s name is in the place of an id', async () => {
    const path = await counter()
    for (const target of [`${path}/bump`, '/v1/counters/freely']) {
      const { status, headers } = await get(target)
      expect([status, headers.allow]).toEqual([405, 'POST, OPTIONS'])
    }
    expect((await post(`${path}/unknown`)).status).toBe(404)
  })
})

describe('an action on a collection', () => {
  it('answers with exactly the members of its output', async () => {
    doAnything = () => 'done'
    const answer = await post('/v1/counters/freely')
    expect([answer.status, answer.json]).toEqual([200, { result: 'done' }])
  })

  it('creates, changes and deletes, and sees its own writes', async () => {
    const old = await counter({ label: 'old' })
    doAnything = async ({ store }) => {
      const { id } = await store.create(counters, { count: 5 })
      await store.increment(counters, id, { count: 2 })
      await store.append(counters, id, { tags: ['a', 'b', 'a'] })
      await store.remove(counters, id, { tags: ['a'] })
      await store.upsert(counters, 'named', { count: 1 })
      await store.delete(counters, idOf(old))
      expect(await store.get(counters, idOf(old))).toBeUndefined()
      return id
    }
    const { status, json } = await post('/v1/counters/freely')
    expect(status).toBe(200)
    expect((await get(`/v1/counters/${json.result}`)).json).toMatchObject({ count: 7, tags: ['b'] })
    expect((await get('/v1/counters/named')).json.count).toBe(1)
    expect((await get(old)).status).toBe(404)
  })

  it('removes an optional field that is set to undefined', async () => {
    const path = await counter({ label: 'gone' })
    doAnything = ({ store }) => store.update(counters, idOf(path), { label: undefined })
    await post('/v1/counters/freely')
    expect((await get(path)).json).not.toHaveProperty('label')
  })

  it('is 409 for a duplicate of a unique value, and writes nothing', async () => {
    const path = await counter({ label: 'unique' })
    doAnything = async ({ store }) => {
      await store.update(counters, idOf(path), { count: 9 })
      await store.create(counters, { count: 1, label: 'unique' })
    }
    const { status, json } = await post('/v1/counters/freely')
    expect([status, json.code, json.errors[0].pointer]).toEqual([409, 'unique-conflict', '/label'])
    expect((await get(path)).json.count).toBe(0)
  })

  it('is 409 for the id of a deleted document, which retries would not free', async () => {
    doAnything = ({ store }) => store.create(counters, { count: 1 }, { id: 'once' })
    await post('/v1/counters/freely')
    doAnything = ({ store }) => store.delete(counters, 'once')
    await post('/v1/counters/freely')
    const other = await counter({ label: 'beside' })
    for (const again of [
      ({ store }) => store.create(counters, { count: 2 }, { id: 'once' }),
      ({ store }) => store.upsert(counters, 'once', { count: 2 }),
      async ({ store }) => {
        await store.update(counters, idOf(other), { count: 9 })
        await store.create(counters, { count: 2 }, { id: 'once' })
      },
    ] satisfies (typeof doAnything)[]) {
      doAnything = again
      const { status, json } = await post('/v1/counters/freely')
      expect([status, json.code, json.detail]).toEqual([
        409,
        'unique-conflict',
        'Another document already has this id.',
      ])
    }
    expect((await get(other)).json.count).toBe(0)
  })

  it('is 404 if it needs a missing document', async () => {
    doAnything = ({ store }) => store.increment(counters, 'absent', { count: 1 })
    const { status, json } = await post('/v1/counters/freely')
    expect([status, json.detail]).toEqual([404, 'A document that this action needs does not exist.'])
  })
})

describe('a handler that fails has no effect', () => {
  const attempts: Record<string, (context: Context, path: string) => unknown> = {
    throws: async ({ store }, path) => {
      await store.increment(counters, idOf(path), { count: 1 })
      throw new Error('swordfish')
    },
    'stores what does not fit the schema': async ({ store }, path) => {
      await store.increment(counters, idOf(path), { count: 1 })
      await store.create(counters, { count: -1, label: 'swordfish' })
    },
    'writes a resource that it has not named': async ({ store }, path) => {
      await store.increment(counters, idOf(path), { count: 1 })
      await store.create(listings, { title: 'swordfish', nightsSold: 0, guestIds: [] })
    },
  }
  for (const [name, run] of Object.entries(attempts)) {
    it(`is 500 and logs a line if it ${name}`, async () => {
      const path = await counter()
      doAnything = (context) => run(context, path)
      const before = origin.logged.length
      const answer = await post('/v1/counters/freely')
      expect([answer.status, answer.json.code]).toEqual([500, 'internal-error'])
      expect(answer.text).not.toContain('swordfish')
      expect(origin.logged.slice(before).join('')).toContain('/v1/counters/freely')
      expect(answer.headers[names.purgeTag]).toBeUndefined()
      expect((await get(path)).json.count).toBe(0)
    })
  }

  it('is 504 if it never ends; its signal is aborted, and it can write no more', async () => {
    const path = await counter()
    let goOn: () => void = () => {}
    const ended = Promise.withResolvers<unknown>()
    doAnything = async ({ store, signal }) => {
      await store.increment(counters, idOf(path), { count: 1 })
      await new Promise<void>((resolve) => {
        goOn = resolve
        signal.addEventListener('abort', () => resolve())
      })
      store.increment(counters, idOf(path), { count: 1 }).then(ended.resolve, ended.resolve)
      return new Promise(() => {})
    }
    const answer = await post('/v1/counters/freely', undefined, { [names.timeoutMs]: '1000' })
    goOn()
    expect([answer.status, answer.json.code]).toEqual([504, 'deadline-exceeded'])
    expect(answer.json.detail).toContain('Nothing was done.')
    expect(String(await ended.promise)).toContain('nothing more can be read or written')
    expect((await get(path)).json.count).toBe(0)
  })
})

describe('an Idempotency-Key', () => {
  let keys = 0
  const newKey = () => {
    keys += 1
    return { 'idempotency-key': `action-${keys}` }
  }

  it('replays the first answer with its purge tags, and runs once', async () => {
    const path = await counter()
    const key = newKey()
    const first = await post(`${path}/bump`, undefined, key)
    await post(`${path}/bump`)
    const second = await post(`${path}/bump`, undefined, key)
    expect([first.status, first.json.count]).toEqual([200, 1])
    expect([second.status, second.text, second.headers.etag]).toEqual([200, first.text, first.headers.etag])
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(purged(second)).toEqual(purged(first))
    expect((await get(path)).json.count).toBe(2)
  })

  it('runs once for many concurrent requests', async () => {
    const path = await counter()
    const key = newKey()
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(`${path}/bump`, undefined, key)))
    for (const { status, json } of answers) {
      if (status !== 200) expect([status, json.code]).toEqual([409, 'idempotency-key-in-use'])
    }
    expect((await get(path)).json.count).toBe(1)
  })

  it('is refused for another document or another body', async () => {
    const [one, two] = [await counter(), await counter()]
    const key = newKey()
    await post(`${one}/bump`, undefined, key)
    const { status, json } = await post(`${two}/bump`, undefined, key)
    expect([status, json.code]).toEqual([422, 'idempotency-key-reused'])
  })

  it('stays unused after a refusal', async () => {
    const path = await counter()
    const key = newKey()
    doAnything = () => {
      throw new Error('not yet')
    }
    expect((await post('/v1/counters/freely', undefined, key)).status).toBe(500)
    doAnything = ({ store }) => store.increment(counters, idOf(path), { count: 1 })
    expect((await post('/v1/counters/freely', undefined, key)).status).toBe(200)
    expect((await post('/v1/counters/freely', undefined, key)).headers['idempotency-replayed']).toBe('true')
    expect((await get(path)).json.count).toBe(1)
  })
})

describe('several documents', () => {
  it('keep their sum under parallel transfers: commits are atomic', async () => {
    const paths = await Promise.all(Array.from({ length: 4 }, () => counter({ count: 100 })))
    let turn = 0
    doAnything = async ({ store }) => {
      turn += 1
      const [from, to] = [paths[turn % 4], paths[(turn + 1 + (turn % 3)) % 4]] as [string, string]
      await store.increment(counters, idOf(from), { count: -1 })
      await store.increment(counters, idOf(to), { count: 1 })
    }
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => post('/v1/counters/freely', undefined, { [names.timeoutMs]: '5000' })),
    )
    const nothingDone = ['write-conflict', 'overloaded', 'deadline-exceeded']
    for (const { status, json } of answers) if (status !== 200) expect(nothingDone).toContain(json.code)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    const counts = await Promise.all(paths.map(async (path) => (await get(path)).json.count))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400)
  })

  it('required unchanged prevent write skew between two writers', async () => {
    const [left, right] = [await counter({ count: 1 }), await counter({ count: 1 })]
    const off = (mine: string, other: string) => async (store: Context['store']) => {
      const held = await store.get(counters, idOf(other), { unchanged: true })
      if (held?.count === 1) await store.increment(counters, idOf(mine), { count: -1 })
    }
    const turns = [off(left, right), off(right, left)]
    const turnOf = new Map<string, number>()
    const both = Promise.withResolvers<void>()
    doAnything = async ({ store, requestKey }) => {
      if (!turnOf.has(requestKey)) turnOf.set(requestKey, turnOf.size)
      await turns[turnOf.get(requestKey) as number]?.(store)
      if (turnOf.size === 2) both.resolve()
      // Both read before either commits.
      await both.promise
    }
    await Promise.all([1, 2].map(() => post('/v1/counters/freely', undefined, { [names.timeoutMs]: '5000' })))
    const counts = [(await get(left)).json.count, (await get(right)).json.count]
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(1)
  })
})

it('the documentation page shows the examples of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'actions.md'), 'utf8')
  for (const example of ['accept.ts', 'server/accept.ts', 'praise.ts', 'server/praise.ts']) {
    expect(page).toContain(readFileSync(join(folder, 'example', example), 'utf8'))
  }
})

it('the OpenAPI document describes every action', async () => {
  const { json } = await get('/openapi.json')
  const described = json.paths['/v1/bookings/{id}/accept'].post
  expect(described.operationId).toBe('acceptBookingsV1')
  expect(described.description).toContain('`not-requested`: The booking has been decided already.')
  expect(Object.keys(described.responses)).toEqual(
    expect.arrayContaining(['200', '404', '409', '412', '422']),
  )
  expect(json.paths['/v1/counters/freely'].post.responses['200']).toBeDefined()
})

describe('handlers and definitions', () => {
  const start = (implementations: readonly Implementation[]) =>
    startTestApp({ application, server: defineServer(...implementations) })

  it('an action without a handler stops the start with the file to change', async () => {
    await expect(start([acceptBooking])).rejects.toThrow(
      "action 'bump' of 'counters' has no implementation: write implement(…) in origin/application/server/bump.ts",
    )
  })
})
