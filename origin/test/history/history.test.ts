import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { action, anyone, defineApplication } from '@spillway/origin/contract'
import { defineServer, implement } from '@spillway/origin/server'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { offers } from '../../docs/model/example/offers.ts'
import { type HistoryRecord, historyCollection } from '../../src/store/history-log.ts'
import { tasks } from '../fixture/tasks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice, bob } from '../support/client.ts'
import { drained } from '../support/drained.ts'

const sell = action('sell', {
  description: 'Sells an offer.',
  on: offers,
  access: anyone,
  input: Type.Object({ to: Type.String() }),
})
const application = defineApplication({
  name: 'offers',
  title: 'Offers',
  summary: 'Offers.',
  resources: [offers, tasks],
  actions: [sell],
})
const server = defineServer(
  implement(sell, ({ store, document, input }) => {
    store.update(offers, document.id, { buyerId: input.to })
  }),
)
const auditor = { subject: 'auditor', scopes: [], claims: { roles: ['auditor'] } }
const editor = { subject: 'editor', scopes: [], claims: { roles: ['editor'] } }

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())

async function newOffer(body: object = {}): Promise<string> {
  const sent = { title: 'Bike', priceCents: 100, limitCents: 80, views: 0, ...body }
  const made = await origin.send('POST', '/v1/offers', { as: alice, body: sent })
  expect(made.status).toBe(201)
  return made.json.id
}
const write = (method: string, id: string, body?: object, as = alice) =>
  origin.send(method, `/v1/offers/${id}`, { as, body })
const history = (id: string, as: typeof alice | undefined, query = '') =>
  origin.send('GET', `/v1/offers/${id}/history${query}`, { as })
const drain = () => drained(origin.database, application.resources)

describe('a write leaves a record', () => {
  it('of who wrote what, by which action and request, newest first', async () => {
    const id = await newOffer()
    await write('PATCH', id, { priceCents: 90, views: 5 }, editor)
    await origin.send('POST', `/v1/offers/${id}/sell`, { as: bob, body: { to: 'bob' } })
    await drain()
    const told = await history(id, alice)
    expect(told.status).toBe(200)
    expect(told.headers['cache-control']).toBe('no-store')
    const [sold, cheaper, made] = told.json.items
    expect(told.json.nextCursor).toBeNull()
    const requestId = expect.any(String)
    expect(sold).toEqual({
      ...{ version: 3, type: 'updated', at: expect.any(String), by: 'bob', via: 'sell', requestId },
      ...{ changed: ['buyerId'], before: {}, after: { buyerId: 'bob' } },
    })
    expect(cheaper).toEqual({
      ...{ version: 2, type: 'updated', at: expect.any(String), by: 'editor', requestId },
      ...{ changed: ['priceCents'], before: { priceCents: 100 }, after: { priceCents: 90 } },
    })
    expect(made).toEqual({
      ...{ version: 1, type: 'created', at: expect.any(String), by: 'alice', requestId },
      changed: ['sellerId', 'title', 'priceCents', 'limitCents'],
      after: { sellerId: 'alice', title: 'Bike', priceCents: 100, limitCents: 80 },
    })
  })

  it('of a deletion that is undone, with the values that went and came back', async () => {
    const made = await origin.send('POST', '/v1/tasks', { as: alice, body: { title: 'Sweep', done: 0 } })
    const path = String(made.headers.location)
    await origin.send('DELETE', path, { as: bob })
    await drain()
    const ofDeleted = await origin.send('GET', `${path}/history`)
    expect(ofDeleted.json.items.map(({ type }: HistoryRecord) => type)).toEqual(['deleted', 'created'])
    expect((await origin.send('POST', `${path}/restore`, { as: alice })).status).toBe(200)
    await drain()
    const { items } = (await origin.send('GET', `${path}/history`)).json
    expect(
      items.map(({ type, version, by, via, changed, before, after }: HistoryRecord) => ({
        ...{ type, version, by, via, changed, before, after },
      })),
    ).toEqual([
      { type: 'restored', version: 2, by: 'alice', via: 'restore', changed: [], before: {}, after: {} },
      { type: 'deleted', version: 1, by: 'bob', changed: [], before: { title: 'Sweep', done: 0 } },
      {
        ...{ type: 'created', version: 1, by: 'alice' },
        changed: ['title', 'done'],
        after: { title: 'Sweep', done: 0 },
      },
    ])
  })

  it('once, when a write brings back events that are drained already', async () => {
    const id = await newOffer()
    const offersOf = origin.database.db.collection<{ _id: string; _out?: unknown }>('offers')
    const before = await offersOf.findOne({ _id: id })
    await drain()
    await offersOf.updateOne({ _id: id }, { $set: { _out: before?._out } })
    await drain()
    expect((await history(id, alice)).json.items).toHaveLength(1)
  })

  it('that the database removes in its time', async () => {
    const id = await newOffer()
    await drain()
    const { db } = origin.database
    const [record] = await db
      .collection<HistoryRecord>(historyCollection)
      .find({ _id: new RegExp(id) })
      .toArray()
    expect(record?._expires.getTime()).toBe(Date.parse(record?.at ?? '') + 730 * 86_400_000)
    const indexes = await db.collection(historyCollection).listIndexes().toArray()
    expect(indexes.find(({ key }) => '_expires' in key)?.expireAfterSeconds).toBe(0)
  })
})

describe('the history of a document is told', () => {
  it('to those whom its own rule names, and is 404 to others, like that of a document that never was', async () => {
    const id = await newOffer()
    await drain()
    for (const as of [alice, auditor]) expect((await history(id, as)).status).toBe(200)
    const refused = await history(id, bob)
    const absent = await history('none', alice)
    expect([refused.status, absent.status]).toEqual([404, 404])
    expect({ ...refused.json, instance: '', requestId: '' }).toEqual({
      ...{ ...absent.json, instance: '', requestId: '' },
    })
    expect((await history(id, undefined)).status).toBe(401)
    expect((await write('GET', id, undefined, bob)).status).toBe(200)
  })

  it('without fields that the reader may not read, by name and value', async () => {
    const id = await newOffer()
    await write('PATCH', id, { limitCents: 70 })
    await drain()
    const own = (await history(id, alice)).json.items
    expect(own[0]).toMatchObject({
      changed: ['limitCents'],
      before: { limitCents: 80 },
      after: { limitCents: 70 },
    })
    const others = (await history(id, auditor)).json.items
    expect(others[0]).toMatchObject({ changed: [], before: {}, after: {} })
    expect(JSON.stringify(others)).not.toContain('limitCents')
  })

  it('after a final deletion by the last state: to its owner and to roles, and to nobody else', async () => {
    const id = await newOffer()
    await write('DELETE', id)
    await drain()
    await origin.database.db.collection<{ _id: string }>('offers').deleteOne({ _id: id })
    const [gone] = (await history(id, alice)).json.items
    expect(gone).toMatchObject({ type: 'deleted', version: 1, before: { title: 'Bike', limitCents: 80 } })
    const [shown] = (await history(id, auditor)).json.items
    expect(shown.before).toEqual({ sellerId: 'alice', title: 'Bike', priceCents: 100 })
    expect((await history(id, bob)).status).toBe(404)
  })

  it('without values that the rules kept from a next owner in the time of the one before', async () => {
    const id = await newOffer({ limitCents: 60 })
    await write('PATCH', id, { limitCents: 50 })
    await drain()
    const stored = origin.database.db.collection<{ _id: string; sellerId: string }>('offers')
    await stored.updateOne({ _id: id }, { $set: { sellerId: 'bob' } })
    expect((await history(id, alice)).status).toBe(404)
    const told = await history(id, bob)
    expect(told.json.items.map(({ changed }: HistoryRecord) => changed)).toEqual([
      [],
      ['sellerId', 'title', 'priceCents'],
    ])
    expect(told.text).not.toContain('limitCents')
  })

  it('of the document that has the id now, not of one that had it before', async () => {
    const id = await newOffer()
    await drain()
    const stored = origin.database.db.collection<{ _id: string; _created: string }>('offers')
    await stored.updateOne({ _id: id }, { $set: { _created: '2027-01-01T00:00:00.000Z' } })
    expect((await history(id, alice)).json).toEqual({ items: [], nextCursor: null })
  })
})

it('follows the pages on history and erasure', () => {
  const folder = join(import.meta.dirname, '../../docs/model')
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const example = read('example/offers.ts')
  expect(read('history.md')).toContain(example)
  const [, fates = 'none'] = /```ts\n( {2}erasure:.*?)```/s.exec(read('erasure.md')) ?? []
  expect(example).toContain(fates)
})

describe('pages of a history', () => {
  it('continue after the last record, each record once', async () => {
    const id = await newOffer()
    for (let price = 1; price <= 6; price += 1) await write('PATCH', id, { priceCents: price })
    await drain()
    const versions: number[] = []
    let query = '?limit=3'
    for (let pages = 1; ; pages += 1) {
      const { items, nextCursor } = (await history(id, alice, query)).json
      versions.push(...items.map(({ version }: HistoryRecord) => version))
      if (nextCursor === null) {
        expect(pages).toBe(3)
        break
      }
      query = `?limit=3&cursor=${nextCursor}`
    }
    expect(versions).toEqual([7, 6, 5, 4, 3, 2, 1])
  })

  it.each([
    ['?limit=0', 'invalid-query'],
    ['?limit=101', 'invalid-query'],
    ['?sort=at', 'invalid-query'],
    ['?cursor=abc', 'invalid-cursor'],
    [`?cursor=${Buffer.from('["2026-01-01T00:00:00.000Z",2]').toString('base64url')}`, 'invalid-cursor'],
  ])('refuse %s', async (query, code) => {
    const id = await newOffer()
    expect((await history(id, alice, query)).json.code).toBe(code)
  })

  it('are read by GET alone', async () => {
    const answer = await origin.send('POST', '/v1/offers/x/history', { as: alice, body: {} })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, OPTIONS'])
  })
})
