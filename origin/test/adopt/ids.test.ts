import { anyone, asStored, defineApplication, resource, signedIn } from '@spillway/origin/contract'
import {
  Binary,
  BSONSymbol,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Misfits } from '../../src/observe/misfits.ts'
import { layoutsOf } from '../../src/store/codec/layouts.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const page = Type.Object({ rank: Type.Integer(), parent: Type.Optional(Type.String({ maxLength: 200 })) })
const common = {
  description: 'Adopted documents with ids of every kind.',
  schema: page,
  access: { read: anyone, create: { kind: 'never' }, update: signedIn, delete: signedIn },
  query: { filter: ['rank'], sort: ['rank'], countMax: 20 },
  indexes: [{ fields: { rank: 1 } }],
  versions: [asStored('v1', page)],
} as const

const application = defineApplication({
  name: 'ids',
  title: 'Ids',
  summary: 'Ids.',
  resources: [
    resource('pages', {
      ...common,
      stored: { collection: 'pages', id: 'text' },
      references: { parent: 'pages' },
    }),
    resource('parts', { ...common, stored: { collection: 'parts', id: 'integer' } }),
    resource('keys', { ...common, stored: { collection: 'keys', id: 'uuid' } }),
    resource('things', { ...common, stored: { collection: 'things', id: 'objectId' } }),
  ],
})

const long = 'https://example.com/a/very/long/address/of/a/page/that/no/path/can/name'
const binary = (bytes: number, subtype: number) => new Binary(Buffer.alloc(bytes, 7), subtype)

/** Ids in the order in which the database keeps them, of no use as text, number, UUID or ObjectId. */
const never: readonly unknown[] = [
  new MinKey(),
  null,
  { a: 1 },
  binary(15, 4),
  binary(16, 3),
  binary(16, 0),
  true,
  new Date(0),
  Timestamp.fromBits(1, 1),
  new MaxKey(),
]

const texts = {
  shown: {
    a: 'a',
    'b64-': 'b64-YjY0LQ',
    'a/b/../c': 'b64-YS9iLy4uL2M',
    'a\u0000b': 'b64-YQBi',
    ' ': 'b64-IA',
    '1': '1',
    '1.0': 'b64-MS4w',
    é: 'b64-w6k',
    'e\u0301': 'b64-ZcyB',
    ['x'.repeat(64)]: 'x'.repeat(64),
    ['/'.repeat(45)]: `b64-${'Ly8v'.repeat(15)}`,
  },
  untold: ['', long, `${long}/2`, 'x'.repeat(65), 'ä'.repeat(23), '/'.repeat(46), new BSONSymbol('symbol')],
}
const decimal = (text: string) => Decimal128.fromString(text)
const integers = {
  shown: new Map<unknown, string>([
    [new Int32(1), '1'],
    [new Double(2), '2'],
    [Long.fromNumber(3), '3'],
    [decimal('4.000'), '4'],
    [decimal('5E+3'), '5000'],
    [new Double(-0), '0'],
    [Long.fromNumber(Number.MAX_SAFE_INTEGER), '9007199254740991'],
    [Long.fromNumber(Number.MIN_SAFE_INTEGER), '-9007199254740991'],
  ]),
  untold: [
    new Double(1.5),
    decimal('1.000000000000000000000000000000001'),
    decimal('9007199254740990.4'),
    new Double(Number.NaN),
    new Double(Number.POSITIVE_INFINITY),
    new Double(1e300),
    decimal('-Infinity'),
    Long.MAX_VALUE,
    new Double(-2.25),
  ],
}
const uuid = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'
const objectId = '573a1390f29313caabcd4135'

let database: TestDatabase
let origin: TestApp
const found = new Misfits(() => {})
const misfits = () =>
  new Map(
    [...found.totals()].map(({ resource, path, type, count }) => [`${resource} ${path} ${type}`, count]),
  )

beforeAll(async () => {
  database = await openTestDatabase(application.resources)
  // One rank for three documents each, so that cursors go on within equal values.
  const put = async (name: string, ids: readonly unknown[]) => {
    const documents = ids.map((_id, index) => ({ _id, rank: new Int32(Math.floor(index / 3)) }))
    // A command, because the driver's method replaces null by an id of its own.
    expect(await database.db.command({ insert: name, documents })).toMatchObject({ n: ids.length })
  }
  await put('pages', [...texts.untold, ...never, new Int32(1), ...Object.keys(texts.shown)])
  await put('parts', [...integers.untold, ...never, '1', '', ...integers.shown.keys()])
  await put('keys', [
    ...never,
    '1',
    '',
    new Int32(1),
    new Binary(Buffer.from(uuid.replaceAll('-', ''), 'hex'), 4),
  ])
  await put('things', [...never, '1', '', new Int32(1), new ObjectId(objectId)])
  const { repository, commits } = database.repository({
    layouts: layoutsOf(application.resources, found.add),
  })
  origin = await startTestApp({ application, database, over: () => repository, commits })
})
afterAll(async () => {
  await origin.stop()
  await database.drop()
})

const shownIds: Readonly<Record<string, readonly string[]>> = {
  pages: Object.values(texts.shown),
  parts: [...integers.shown.values()],
  keys: [uuid],
  things: [objectId],
}
const names = Object.keys(shownIds)

async function idsOf(path: string): Promise<string[]> {
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const { status, json } = await origin.send('GET', `${path}${cursor && `&cursor=${cursor}`}`)
    expect(status, JSON.stringify(json)).toBe(200)
    ids.push(...json.items.map(({ id }: { id: string }) => id))
    if (json.nextCursor === null) return ids
    cursor = json.nextCursor
  }
}

describe.each(names)('%s', (name) => {
  it.each(['limit=1', 'limit=2', 'limit=50', 'limit=1&sort=-id', 'limit=2&sort=rank', 'limit=1&sort=-rank'])(
    'are listed whole, each once, by %s',
    async (query) => {
      const ids = await idsOf(`/v1/${name}?${query}`)
      expect(ids.toSorted()).toEqual(shownIds[name]?.toSorted())
    },
  )

  it('are in a page that is full while others follow', async () => {
    const { json } = await origin.send('GET', `/v1/${name}?limit=1`)
    expect(json.items).toHaveLength(1)
  })

  it('are counted without those that no list has', async () => {
    const { json } = await origin.send('GET', `/v1/${name}?count=true&limit=1`)
    expect(json.count).toEqual({ value: shownIds[name]?.length, relation: 'eq' })
    const first = await origin.send('GET', `/v1/${name}?rank=0&count=true`)
    expect(first.json.count.value).toBe(first.json.items.length)
  })

  it('are read and written under their ids, with the same document in the list', async () => {
    for (const id of shownIds[name] ?? []) {
      const read = await origin.send('GET', `/v1/${name}/${id}`)
      expect([read.status, read.json.id]).toEqual([200, id])
      const written = await origin.send('PATCH', `/v1/${name}/${id}`, {
        as: alice,
        body: { rank: read.json.rank },
      })
      expect(written.status, id).toBe(200)
    }
  })
})

it('an id that no path can name is no id of a reference either', async () => {
  await database.db
    .collection<Document & { _id: string }>('pages')
    .updateOne({ _id: 'a' }, { $set: { parent: long } })
  const { status, json } = await origin.send('GET', '/v1/pages/a?expand=parent')
  expect([status, json.parent]).toEqual([200, long])
})

it('documents whose id no path can name are counted, by the type of their ids', async () => {
  await origin.send('GET', '/v1/pages?limit=50')
  const before = misfits()
  await origin.send('GET', '/v1/pages?limit=50')
  await origin.send('GET', '/v1/parts?limit=50')
  expect(before.get('pages id string')).toBeGreaterThan(0)
  const added = (kind: string) => (misfits().get(kind) ?? 0) - (before.get(kind) ?? 0)
  // Each text but the empty one, which no condition of a list matches.
  expect([added('pages id string'), added('pages id BSONSymbol')]).toEqual([5, 1])
  expect([added('parts id double'), added('parts id decimal')]).toEqual([2, 2])
})
