import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  anyone,
  asStored,
  defineApplication,
  headers as names,
  never,
  type Principal,
  resource,
  role,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { events } from '../docs/model/example/events.ts'
import { orders } from '../docs/model/example/orders.ts'
import { venues } from '../docs/model/example/venues.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import { alice, bob } from './support/client.ts'

/** Everybody exports what they may read. */
const receipts = resource('receipts', {
  description: 'Receipts.',
  schema: orders.schema,
  access: { ...orders.access, fields: { note: { read: role('clerk') } } },
  query: { sort: ['placedOn'] },
  indexes: [...orders.indexes],
  export: { formats: ['csv', 'ndjson'] },
  versions: [asStored('v1', orders.schema, { readOnly: ['customerId'] })],
})
const parcelSchema = Type.Object({ size: Type.Object({ grams: Type.Integer() }) })
const parcels = resource('parcels', {
  description: 'Parcels, sorted by what is inside an object.',
  schema: parcelSchema,
  access: { read: anyone, write: never },
  query: { sort: ['size.grams'] },
  indexes: [{ fields: { 'size.grams': 1 } }],
  export: { formats: ['ndjson'] },
  versions: [asStored('v1', parcelSchema)],
})
const clerk: Principal = { subject: 'cleo', scopes: [], claims: { roles: ['clerk'] } }
const colleague: Principal = { ...clerk, subject: 'carl' }
const application = defineApplication({
  name: 'export',
  title: 'Export',
  summary: 'Exports.',
  resources: [orders, receipts, events, venues, parcels],
})

const rows = 30_000
const note = 'n'.repeat(1_000)
let origin: TestApp
/** Documents that exports have read. */
let read = 0
let failing = false
let throwing = false
let refused = 0

async function start(): Promise<TestApp> {
  return startTestApp({
    application,
    exportBounds: { patienceMs: 300, stallMs: 20_000 },
    over: (repository) => ({
      ...bound(repository),
      async list(...parts) {
        if (throwing) throw new Error('a defect')
        if (failing) {
          refused += 1
          return { kind: 'notDone', reason: 'unavailable' }
        }
        const outcome = await repository.list(...parts)
        if (outcome.kind === 'page') read += outcome.documents.length
        return outcome
      },
    }),
  })
}

const record = (index: number, fields: object) => ({
  ...{ _id: `o${String(index).padStart(6, '0')}`, _v: 1, _w: [] },
  ...{ _created: '2026-11-01T00:00:00.000Z', _updated: '2026-11-01T00:00:00.000Z' },
  ...{
    customerId: index % 2 === 0 ? 'alice' : 'bob',
    status: 'open',
    placedOn: '2026-11-01',
    totalCents: index,
  },
  ...fields,
})

beforeAll(async () => {
  origin = await start()
  const { db } = origin.database
  for (let from = 0; from < rows; from += 5_000) {
    const batch = Array.from({ length: 5_000 }, (_, index) => record(from + index, { note }))
    await db.collection('orders').insertMany(batch as never)
  }
  const odd = ['=1+1', 'say "hi", twice', undefined].map((text, index) =>
    record(rows + index, { status: 'paid', ...(text !== undefined && { note: text }) }),
  )
  await db.collection('orders').insertMany(odd as never)
  await db
    .collection('receipts')
    .insertMany([0, 1, 2].map((index) => record(index, { note: 'hush' })) as never)
})
afterAll(() => origin.stop())
beforeEach(() => {
  read = 0
  failing = false
  throwing = false
  refused = 0
})

const get = (path: string, accept: string, as: Principal | undefined = clerk, method = 'GET') =>
  origin.send(method, `/v1/${path}`, { as, headers: { accept } })

/** An export whose caller reads when the test does. */
async function open(as = clerk, port = origin.port): Promise<IncomingMessage> {
  const headers = { [names.assertion]: await assertionOf(as), accept: 'application/x-ndjson' }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/v1/orders', headers, agent: false }, resolve)
    sent.on('error', reject)
    sent.end()
  })
}

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Waits until no more is read, as when a caller takes nothing. */
async function untilStill(): Promise<void> {
  let stillFor = 0
  for (let last = -1; stillFor < 10; await sleep(20)) {
    stillFor = read === last ? stillFor + 1 : 0
    last = read
  }
}

it('goes on from page to page where it is sorted by a field of an object', async () => {
  // Several documents of each weight, so that pages end among equals.
  const parcel = (index: number) => ({ ...record(index, {}), size: { grams: index % 7 } })
  const all = Array.from({ length: 3_000 }, (_, index) => parcel(index))
  await origin.database.db.collection('parcels').insertMany(all as never)
  const { status, text } = await get('parcels?sort=-size.grams', 'application/x-ndjson')
  const grams = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).size.grams)
  expect([status, grams.length]).toEqual([200, 3_000])
  expect(grams).toEqual(grams.toSorted((a, b) => b - a))
})

describe('NDJSON', () => {
  it('has each document of the list once, in its order, as a line of the JSON that the list shows', async () => {
    const { status, headers, text } = await get('orders?sort=-placedOn', 'application/x-ndjson')
    expect([status, headers['content-type'], headers['cache-control'], headers.vary]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
      'no-store',
      'accept',
    ])
    expect(headers['content-disposition']).toBe('attachment; filename="orders.ndjson"')
    const lines = text.trimEnd().split('\n')
    expect(lines).toHaveLength(rows + 3)
    const ids = lines.map((line) => JSON.parse(line).id)
    expect(ids).toEqual([...ids].sort().reverse())
    const { json } = await get('orders?sort=-placedOn&limit=3', 'application/json')
    expect(lines.slice(0, 3)).toEqual(json.items.map((item: object) => JSON.stringify(item)))
  })

  it('has what filters and access leave, and the fields that are asked for', async () => {
    const { text } = await get('receipts?fields=totalCents', 'application/x-ndjson', alice)
    expect(text).toBe('{"id":"o000000","totalCents":0}\n{"id":"o000002","totalCents":2}\n')
    expect((await get('orders?status=sent', 'application/x-ndjson')).text).toBe('')
  })
})

it('hides from each reader the fields that they may not read, in every format', async () => {
  for (const type of ['text/csv', 'application/x-ndjson']) {
    expect((await get('receipts', type)).text).toContain('hush')
    const { status, text } = await get('receipts', type, alice)
    expect([status, text.includes('o000002'), text.includes('hush')]).toEqual([200, true, false])
  }
})

describe('CSV', () => {
  it('has a row of names and a row for each document, without formulas', async () => {
    const { status, headers, text } = await get('orders?status=paid&fields=note,totalCents', 'text/csv')
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'text/csv; charset=utf-8',
      'attachment; filename="orders.csv"',
    ])
    expect(text).toBe(
      `id,note,totalCents\r\no030000,'=1+1,30000\r\no030001,"say ""hi"", twice",30001\r\no030002,,30002\r\n`,
    )
  })

  it('has its columns in the order of `fields`, and `id` first where that does not name it', async () => {
    const head = async (fields: string) =>
      (await get(`orders?status=sent&fields=${fields}`, 'text/csv')).text.trimEnd()
    expect(await head('totalCents,note,id,createdAt')).toBe('totalCents,note,id,createdAt')
    expect(await head('totalCents,note')).toBe('id,totalCents,note')
  })

  it('has all fields where none are asked for, and its head where there is no document', async () => {
    const { text } = await get('orders?status=sent', 'text/csv')
    expect(text).toBe('id,createdAt,updatedAt,customerId,status,placedOn,totalCents,note\r\n')
  })
})

describe('asking for one', () => {
  it.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['text/csv, application/json', 'application/json; charset=utf-8'],
    ['text/csv;q=0.5, application/x-ndjson;q=0.7, */*', 'application/x-ndjson; charset=utf-8'],
    ['text/csv, */*', 'text/csv; charset=utf-8'],
  ])('Accept: %s is answered with %s', async (accept, type) => {
    expect((await get('orders?status=paid', accept)).headers['content-type']).toBe(type)
  })

  it('is for those whom access lets, and of resources that declare it', async () => {
    expect((await get('orders', 'text/csv', alice)).status).toBe(403)
    const anonymous = await origin.send('GET', '/v1/orders', { headers: { accept: 'text/csv' } })
    expect(anonymous.status).toBe(401)
    expect((await get('events', 'text/csv')).status).toBe(406)
  })

  it('refuses what is about pages, by its name', async () => {
    const { status, json } = await get('orders?limit=5&count=true&cursor=x', 'text/csv')
    const detail = 'Leave it out: an export sends the whole list.'
    expect([status, json.errors]).toEqual([
      400,
      ['limit', 'cursor', 'count'].map((parameter) => ({ parameter, detail })),
    ])
    expect((await get('orders?colour=red', 'text/csv')).status).toBe(400)
  })

  it('HEAD sends the header fields alone', async () => {
    const { status, headers, text } = await get('orders', 'text/csv', clerk, 'HEAD')
    expect([status, headers['content-type'], text]).toEqual([200, 'text/csv; charset=utf-8', ''])
    expect(read).toBeLessThan(1_000)
  })

  it('is in OpenAPI where it is declared', async () => {
    const { json } = await origin.send('GET', '/openapi.json')
    const types = (path: string) => Object.keys(json.paths[path].get.responses[200].content)
    expect(types('/v1/orders')).toEqual(['application/json', 'text/csv', 'application/x-ndjson'])
    expect(types('/v1/events')).toEqual(['application/json'])
  })
})

it('reads no further than its caller takes, and sends all of it in the end', async () => {
  const answer = await open()
  await untilStill()
  // Rows that the caller has not taken are in the buffers of two sockets and in a page or two: less than half of 33 MB.
  expect(read).toBeLessThan(rows / 2)
  const lines = (await textOf(answer)).trimEnd().split('\n')
  expect([lines.length, read]).toEqual([rows + 3, rows + 3])
})

it('reads nothing more when its caller has left, and gives its place to the next', async () => {
  const [first, second] = [await open(), await open()]
  const third = await get('orders', 'text/csv')
  expect([third.status, third.json.code, third.headers['retry-after']]).toEqual([503, 'overloaded', '5'])
  expect((await get('orders?status=paid', 'text/csv', colleague)).status).toBe(200)
  first.destroy()
  second.destroy()
  await vi.waitFor(async () => expect((await get('orders?status=paid', 'text/csv')).status).toBe(200), 60_000)
  await untilStill()
  expect(read).toBeLessThan(rows)
})

it('is cut off where the database has no time for it, so that a part is not taken for the whole', async () => {
  failing = true
  expect((await get('orders', 'text/csv')).status).toBe(503)
  failing = false
  const answer = await open()
  failing = true
  await expect(textOf(answer)).rejects.toThrow('aborted')
  expect(refused).toBeGreaterThan(2)
  expect(origin.logged.join('')).not.toContain('"failed"')
})

it('ends in the middle by a defect, which is logged', async () => {
  const answer = await open()
  throwing = true
  await expect(textOf(answer)).rejects.toThrow('aborted')
  throwing = false
  expect(origin.logged.join('')).toContain('a defect')
})

it('is counted by route: documents, bytes and its end', async () => {
  const { work } = origin.metrics
  const route = '/v1/orders'
  const totals = () => ({ ...work.totals().find((total) => total.route === route)?.work })
  const before = totals()
  const answer = await get('orders?status=paid', 'text/csv')
  const ends = () => Object.fromEntries(work.ends().map(({ end, ...counted }) => [end, counted]))
  await vi.waitFor(() => expect(totals().answers).toBe((before.answers ?? 0) + 1), 60_000)
  expect([totals().rows, totals().bytes]).toEqual([
    (before.rows ?? 0) + 3,
    (before.bytes ?? 0) + Buffer.byteLength(answer.text),
  ])
  expect(Object.keys(ends()).sort()).toEqual(['cut', 'failed', 'left', 'whole'])
  expect(ends()).toMatchObject({ failed: { route, count: 1 }, cut: { route, count: 1 } })
  const { text } = await origin.metrics.scrape()
  expect(text).toContain('origin_exports_total{route="/v1/orders",end="failed"} 1')
  expect(text).toContain(`origin_work_rows_total{kind="export",route="/v1/orders"} ${totals().rows}`)
  expect(text).toContain('origin_exports_running 0')
})

it('is cut off when the process ends', async () => {
  const other = await start()
  const { db } = other.database
  const many = Array.from({ length: 20_000 }, (_, index) => record(index, { note }))
  await db.collection('orders').insertMany(many as never)
  const answer = await open(bobTheClerk, other.port)
  const text = textOf(answer)
  answer.pause()
  await Promise.all([expect(text).rejects.toThrow('aborted'), other.app.close()])
  await other.stop()
})
const bobTheClerk: Principal = { ...bob, claims: { roles: ['clerk'] } }

it('the page shows the example that is tested here', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/orders.ts'), 'utf8')
  expect(readFileSync(join(folder, 'export.md'), 'utf8')).toContain(example)
})
