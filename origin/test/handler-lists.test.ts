import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { action, anyone, asStored, defineApplication, geoPoint, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accept } from '../docs/model/example/accept.ts'
import { bookings } from '../docs/model/example/bookings.ts'
import { listings } from '../docs/model/example/listings.ts'
import { acceptBooking } from '../docs/model/example/server/accept.ts'
import { freeDates } from '../docs/model/example/server/free-dates.ts'
import { type ActionContext, defineServer, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice } from './support/client.ts'
import { runHandler } from './support/run-handler.ts'

const noteSchema = Type.Object({
  topic: Type.String({ maxLength: 20 }),
  rank: Type.Integer(),
  open: Type.Boolean(),
  dueAt: Type.Optional(Type.String({ format: 'date-time' })),
  code: Type.Optional(Type.String({ maxLength: 20 })),
  text: Type.Optional(Type.String({ maxLength: 200 })),
  place: Type.Optional(geoPoint()),
})
const notes = resource('notes', {
  description: 'Notes.',
  schema: noteSchema,
  access: { read: anyone, write: anyone },
  indexes: [
    { fields: { topic: 1, rank: 1 } },
    { fields: { code: 1 }, unique: true },
    { fields: { text: 'text' } },
    { fields: { place: '2dsphere' } },
  ],
  versions: [asStored('v1', noteSchema)],
})
/** An action whose handler the test sets. */
const freely = action('freely', {
  description: 'Does anything.',
  on: notes,
  target: 'collection',
  access: anyone,
  timeout: '30s',
  output: Type.Object({ result: Type.Unknown() }),
})
type Context = ActionContext<typeof freely>
let doAnything: (context: Context) => unknown

const application = defineApplication({
  name: 'lists',
  title: 'Lists',
  summary: 'Lists.',
  resources: [bookings, listings, notes],
  actions: [accept, freely],
})
const server = defineServer(
  freeDates,
  acceptBooking,
  implement(freely, async (context) => ({ result: await doAnything(context) })),
)

let origin: TestApp
/** A second process on the same database. */
let other: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application, server })
  other = await startTestApp({ application, server, database: origin.database })
})
afterAll(async () => {
  await other?.stop()
  await origin?.stop()
})
beforeEach(() => {
  doAnything = () => undefined
})

const post = (path: string, body?: unknown, as = alice, app = origin) =>
  app.send('POST', path, {
    as,
    ...(body !== undefined && { body }),
  })
const note = async (fields: object) =>
  (await post('/v1/notes', { topic: 'a', rank: 1, open: true, ...fields })).json.id as string
/** Result of a handler, or the mistake that it gets. */
const run = (handler: (context: Context) => unknown) =>
  runHandler(
    handler,
    (used) => {
      doAnything = used
    },
    () => post('/v1/notes/freely'),
  )

describe('a list', () => {
  const topic = 'list'
  beforeAll(async () => {
    for (const rank of [3, 1, 2]) await note({ topic, rank, open: rank > 1, code: `list-${rank}` })
    await note({ topic: 'other', rank: 2, dueAt: '2030-05-01T10:00:00+02:00' })
    for (const [rank, longitude] of [4.2, 4.1, 4.9].entries()) {
      const place = { type: 'Point', coordinates: [longitude, 52] }
      await note({ topic: 'placed', rank, place, text: rank === 1 ? 'An old mill' : 'A boat' })
    }
  })
  const ranks = (items: readonly { readonly rank: number }[]) => items.map(({ rank }) => rank)

  it.each([
    [{ filter: { topic }, sort: 'rank', limit: 10 }, [1, 2, 3]],
    [{ filter: { topic }, sort: '-rank', limit: 2 }, [3, 2]],
    [{ filter: { topic, rank: { gte: 2 } }, sort: 'rank', limit: 10 }, [2, 3]],
    [{ filter: { topic, rank: { gt: 1, lt: 3 }, open: true }, limit: 10 }, [2]],
    [{ filter: { topic, rank: { in: [1, 3] } }, sort: 'rank', limit: 10 }, [1, 3]],
    [{ filter: { topic, rank: { in: [] } }, limit: 10 }, []],
    [{ filter: { code: 'list-3' }, limit: 10 }, [3]],
    [{ filter: { topic: { in: ['list', 'a,b'] } }, sort: 'rank', limit: 1 }, [1]],
    [{ filter: { rank: { gte: 2 } }, or: [{ topic }, { code: 'list-1' }], sort: '-rank', limit: 10 }, [3, 2]],
    [{ filter: { topic }, or: [{ rank: 1 }, { open: true }], sort: 'rank', limit: 2 }, [1, 2]],
    [{ search: 'mills or boats', filter: { rank: { lt: 2 } }, limit: 10, sort: 'rank' }, [0, 1]],
    [{ search: 'an old mill', sort: 'relevance', filter: { topic: 'placed' }, limit: 1 }, [1]],
    [{ near: { latitude: 52, longitude: 4, metres: 20_000 }, limit: 10 }, [1, 0]],
    [
      { near: { latitude: 52, longitude: 4, metres: 90_000 }, filter: { rank: { ne: 0 } }, limit: 10 },
      [1, 2],
    ],
    [{ filter: { topic: 'other', dueAt: { lte: '2030-05-01T08:00:00Z' } }, limit: 10 }, [2]],
  ] as const)('of %j finds %j', async (options, expected) => {
    const { result } = await run(async ({ store }) => ranks(await store.list(notes, options)))
    expect(result).toEqual(expected)
  })

  it('is bounded together with all that the run reads', async () => {
    const text = 'x'.repeat(1_000_000)
    const ids = Array.from({ length: 34 }, (_, index) => `bulk-${index}`)
    const stamp = new Date().toISOString()
    const records = ids.map((_id) => ({
      _id,
      _v: 1,
      _created: stamp,
      _updated: stamp,
      _w: [],
      topic: 'bulk',
      rank: 1,
      text,
    }))
    await origin.database.db.collection<{ _id: string }>('notes').insertMany(records)
    const reading = (count: number) =>
      run(async ({ store }) => {
        for (const id of ids.slice(0, count)) await store.get(notes, id)
        return (await store.list(notes, { filter: { topic: 'bulk' }, limit: 2 })).length
      })
    expect(await reading(20)).toMatchObject({ status: 200, result: 2 })
    const { status, mistake } = await reading(33)
    expect([status, mistake]).toEqual([500, expect.stringContaining('the action has read more than 32 MiB')])
    await origin.database.db.collection('notes').deleteMany({ topic: 'bulk' })
  })

  it('find returns one document, or undefined', async () => {
    const { result } = await run(async ({ store }) => [
      (await store.find(notes, { filter: { topic }, sort: '-rank' }))?.rank,
      (await store.find(notes, { filter: { topic: 'nobody' } })) === undefined,
    ])
    expect(result).toEqual([3, true])
  })

  it('shows the handler’s own writes', async () => {
    const own = 'written'
    const ids = [await note({ topic: own, rank: 1 }), await note({ topic: own, rank: 2 })]
    const { result } = await run(async ({ store }) => {
      await store.increment(notes, ids[0] as string, { rank: 10 })
      await store.delete(notes, ids[1] as string)
      const seen = ranks(await store.list(notes, { filter: { topic: own }, limit: 10 }))
      for (const { id } of await store.list(notes, { filter: { topic: own }, limit: 10 })) {
        await store.increment(notes, id, { rank: 1 })
      }
      return seen
    })
    expect(result).toEqual([11])
    expect((await origin.send('GET', `/v1/notes/${ids[0]}`)).json.rank).toBe(12)
  })

  it('read unchanged makes the handler run again after one of its documents has changed', async () => {
    const own = 'required'
    const id = await note({ topic: own, rank: 1 })
    let runs = 0
    const { status, result } = await run(async ({ store }) => {
      runs += 1
      const [found] = await store.list(notes, { filter: { topic: own }, limit: 10, unchanged: true })
      if (runs === 1) await origin.send('PATCH', `/v1/notes/${id}`, { body: { rank: 5 } })
      await store.create(notes, { topic: 'copy', rank: found?.rank as number, open: true })
      return found?.rank
    })
    expect([status, result, runs]).toEqual([200, 5, 2])
  })

  it.each([
    [{ filter: { rank: 1 }, limit: 1 }, "no index of 'notes' leads with rank: add { fields: { rank: 1 } }"],
    [{ sort: 'rank', limit: 1 }, "no index of 'notes' leads with rank"],
    [{ filter: { topic }, sort: 'open', limit: 1 }, "no index of 'notes' has 'open'"],
    [{ filter: { topic: { gt: 'a' } }, limit: 1 }, "'topic' has no 'gt': use "],
    [{ filter: { topic, rank: 'many' }, limit: 1 }, "'rank': Must be an integer"],
    [{ filter: { topic, hidden: 1 }, limit: 1 }, "'notes' has no field 'hidden' that can be compared"],
    [{ filter: { topic, open: undefined }, limit: 1 }, "'open' must not be compared with undefined"],
    [{ filter: { topic }, limit: 0 }, "a list's limit must be an integer from 1 to 1000"],
    [{ filter: { topic }, limit: 1_001 }, "a list's limit must be an integer from 1 to 1000"],
  ])('of %j is a defect, whose message names the fix', async (options, message) => {
    const { status, mistake } = await run(({ store }) => store.list(notes, options as never))
    expect(status).toBe(500)
    expect(mistake).toContain(message)
  })
})

describe('a lock', () => {
  it('is refused after a list', async () => {
    const id = await note({ topic: 'late' })
    const { status, mistake } = await run(async ({ store }) => {
      await store.list(notes, { filter: { topic: 'late' }, limit: 1 })
      return store.lock(notes, id)
    })
    expect(status).toBe(500)
    expect(mistake).toContain('take a lock before the first list')
  })

  it('serializes handlers that lock, list and add', async () => {
    const id = await note({ topic: 'parent', rank: 0 })
    const topic = 'child'
    let runs = 0
    doAnything = async ({ store }) => {
      runs += 1
      await store.lock(notes, id)
      const children = await store.list(notes, { filter: { topic }, limit: 100 })
      await store.create(notes, { topic, rank: children.length, open: true })
    }
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        post('/v1/notes/freely', {}, alice, index % 2 ? other : origin),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const listed = await run(({ store }) =>
      store.list(notes, { filter: { topic }, sort: 'rank', limit: 100 }),
    )
    // Each lists all documents of those before it.
    expect(listed.result.map(({ rank }: { rank: number }) => rank)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(runs).toBeGreaterThanOrEqual(8)
  })

  it('also holds for a document that is written', async () => {
    const id = await note({ topic: 'both', rank: 0 })
    const topic = 'both-child'
    const turn = async ({ store }: Context, isWriter: boolean) => {
      await store.lock(notes, id)
      const children = await store.list(notes, { filter: { topic }, limit: 100 })
      await store.create(notes, { topic, rank: children.length, open: true })
      if (isWriter) await store.increment(notes, id, { rank: 1 })
    }
    let count = 0
    doAnything = (context) => {
      count += 1
      return turn(context, count % 2 === 0)
    }
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        post('/v1/notes/freely', {}, alice, index % 2 ? other : origin),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    const listed = await run(({ store }) =>
      store.list(notes, { filter: { topic }, sort: 'rank', limit: 100 }),
    )
    expect(listed.result.map(({ rank }: { rank: number }) => rank)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('on a missing document locks nothing and returns undefined', async () => {
    const { status, result } = await run(async ({ store }) => (await store.lock(notes, 'none')) === undefined)
    expect([status, result]).toEqual([200, true])
  })
})

describe('bookings of one listing', () => {
  const editor = { subject: 'editor', scopes: ['listings:write'] }
  const listing = async () =>
    (await post('/v1/listings', { title: 'Villa', nightsSold: 0, guestIds: [] }, editor)).json.id as string
  const guest = (index: number) => ({ subject: `guest-${index}`, scopes: [] })
  const book = (listingId: string, startsOn: string, endsOn: string, index = 0) =>
    post(
      '/v1/bookings',
      { listingId, startsOn, endsOn, guests: 2 },
      guest(index),
      index % 2 === 0 ? origin : other,
    )
  const day = (number: number) => `2031-05-${String(number).padStart(2, '0')}`

  it('for the same nights by twenty guests at once, in two processes, succeed once', async () => {
    const listingId = await listing()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => book(listingId, day(1 + (index % 3)), day(10), index)),
    )
    const won = answers.filter(({ status }) => status === 201)
    expect(won).toHaveLength(1)
    for (const { status, json } of answers.filter((answer) => !won.includes(answer))) {
      expect([status, json.code, json.reason]).toEqual([409, 'conflict', 'dates-taken'])
    }
    const stored = await origin.database.db.collection('bookings').countDocuments({ listingId })
    expect(stored).toBe(1)
  })

  it('for different nights all succeed', async () => {
    const listingId = await listing()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => book(listingId, day(1 + 2 * index), day(3 + 2 * index), index)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201))
  })

  it('may move to free or cancelled nights, but not to booked ones', async () => {
    const listingId = await listing()
    const first = `/v1/bookings/${(await book(listingId, day(1), day(3))).json.id}`
    const second = `/v1/bookings/${(await book(listingId, day(5), day(8))).json.id}`
    const move = (path: string, startsOn: string, endsOn: string) =>
      origin.send('PATCH', path, { as: guest(0), body: { startsOn, endsOn } })
    expect((await move(first, day(2), day(5))).status).toBe(200)
    const onto = await move(first, day(2), day(6))
    expect([onto.status, onto.json.reason]).toEqual([409, 'dates-taken'])
    expect((await origin.send('DELETE', second, { as: guest(0) })).status).toBe(204)
    expect((await move(first, day(2), day(6))).status).toBe(200)
  })

  it('are judged in an action that writes the listing that the guard locks', async () => {
    const listingId = await listing()
    const path = `/v1/bookings/${(await book(listingId, day(1), day(3))).json.id}`
    const accepted = await post(`${path}/accept`, {}, guest(0))
    expect([accepted.status, accepted.json.status]).toEqual([200, 'accepted'])
    expect((await origin.send('GET', `/v1/listings/${listingId}`)).json.nightsSold).toBe(2)
  })

  it('of a missing listing are refused as invalid', async () => {
    const { status, json } = await book('nowhere', day(1), day(2))
    expect([status, json.errors]).toEqual([422, [{ pointer: '/listingId', detail: 'Must be a listing.' }]])
  })
})

it('the documentation page shows the examples of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'lists-and-locks.md'), 'utf8')
  expect(page).toContain(readFileSync(join(folder, 'example/server/free-dates.ts'), 'utf8'))
})
