import { randomUUID } from 'node:crypto'
import { anyone, asStored, defineApplication, owner, resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { offers } from '../../docs/model/example/offers.ts'
import { erasureTimes, PersonErasure } from '../../src/erasure/erasure.ts'
import { countLines, leftLines, refusalToErase } from '../../src/erasure/erasure-report.ts'
import { changesCollection } from '../../src/store/change-log.ts'
import { deliveriesCollection } from '../../src/store/delivery-store.ts'
import { answersCollection } from '../../src/store/envelope.ts'
import { historyCollection } from '../../src/store/history-log.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type alice, bob } from '../support/client.ts'
import { drained } from '../support/drained.ts'

const noteSchema = Type.Object({
  ownerId: Type.String({ maxLength: 64 }),
  readerIds: Type.Optional(Type.Array(Type.String())),
  text: Type.String(),
})
/** Notes whose deletion can be undone, and which others are named in. */
const notes = resource('notes', {
  description: 'Notes.',
  schema: noteSchema,
  access: { read: anyone, write: owner('ownerId') },
  cache: { maxAge: '1m', staleIfError: '1h', listsBy: ['ownerId'] },
  query: { filter: ['ownerId'] },
  indexes: [{ fields: { ownerId: 1 } }],
  softDelete: { keep: '30d' },
  events: true,
  erasure: { ownerId: 'delete', readerIds: {} },
  versions: [asStored('v1', noteSchema, { readOnly: ['ownerId'] })],
})
const invoiceSchema = Type.Object({ payerId: Type.String({ maxLength: 64 }), cents: Type.Integer() })
const invoices = resource('invoices', {
  description: 'Invoices.',
  schema: invoiceSchema,
  access: { read: owner('payerId'), create: owner('payerId'), update: signedIn, delete: signedIn },
  indexes: [{ fields: { payerId: 1 } }],
  erasure: { payerId: { keep: 'kept for ten years' } },
  versions: [asStored('v1', invoiceSchema, { readOnly: ['payerId'] })],
})
const application = defineApplication({
  name: 'erasure',
  title: 'Erasure',
  summary: 'People who are forgotten.',
  resources: [offers, notes, invoices],
})

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application })
})
afterAll(() => origin.stop())
/** A person that no other test writes of, by a name that no other text contains. */
let carol: typeof alice
beforeEach(() => {
  carol = { subject: `carol "${randomUUID()}"`, scopes: [] }
})

const purged: string[] = []
const erasure = (subject: string) =>
  new PersonErasure({
    db: origin.database.db,
    bounds: origin.database.pool.bounds,
    catalogue: application.resources,
    subject,
    holder: randomUUID(),
    observe: () => {},
    purge: async (tags) => void purged.push(...tags),
    times: { ...erasureTimes, beatMs: 50, silenceMs: 1_000, pauseShare: 0, pollMs: 20 },
  })
const erase = (who: typeof alice) => erasure(who.subject).run(new AbortController().signal)

async function make(resource: string, as: typeof alice, body: object, key?: string): Promise<string> {
  const headers = key === undefined ? {} : { 'idempotency-key': `"${key}"` }
  const made = await origin.send('POST', `/v1/${resource}`, { as, body, headers })
  expect(made.status).toBe(201)
  return made.json.id
}
const offer = { title: 'Bike', priceCents: 1, views: 0 }

/** Collections in which the subject's text occurs, also within a text. */
async function placesNaming(subject: string): Promise<readonly string[]> {
  const [, text = ''] = subject.split('"')
  const found: string[] = []
  for (const { name } of await origin.database.db.listCollections().toArray()) {
    const documents = await origin.database.db.collection(name).find().toArray()
    if (documents.some((document) => JSON.stringify(document).includes(text))) found.push(name)
  }
  return found.toSorted()
}

it('erases a person from documents, history, log, deliveries and answers, and finds nothing the second time', async () => {
  const { db } = origin.database
  const own = await make('offers', carol, { ...offer, limitCents: 7 }, randomUUID())
  await origin.send('PATCH', `/v1/offers/${own}`, { as: carol, body: { title: 'Tandem' } })
  const bought = await make('offers', bob, { ...offer, buyerId: carol.subject, deliverTo: 'Elm Street 1' })
  const shared = await make('notes', bob, { text: 'hi', readerIds: ['x', carol.subject] })
  const note = await make('notes', carol, { text: 'secret' })
  const removed = await make('notes', carol, { text: 'removed' })
  await origin.send('DELETE', `/v1/notes/${removed}`, { as: carol })
  await drained(origin.database, application.resources)
  const pending = await make('offers', carol, offer)
  const invoice = await make('invoices', carol, { cents: 5 })
  const [change] = await db.collection(changesCollection).find({ by: carol.subject }).toArray()
  const delivery = { _id: 'd' as never, subscriber: 'handler:x', change, state: 'dead' }
  await db.collection(deliveriesCollection).insertOne(delivery)
  const body = JSON.stringify({ sellerId: carol.subject })
  await db.collection(answersCollection).insertOne({ _id: 'a' as never, answer: { status: 200, body } })
  expect(await placesNaming(carol.subject)).toEqual(
    ['_answers', '_changes', '_deliveries', '_history', 'invoices', 'notes', 'offers'].toSorted(),
  )

  const planned = await erasure(carol.subject).plan()
  expect(planned).toMatchObject({
    counts: { 'offers delete': 2, 'offers blank': 1, 'notes delete': 2, 'notes blank': 1 },
    kept: { invoices: 1 },
  })
  expect((await placesNaming(carol.subject)).length).toBe(7)

  purged.length = 0
  const result = await erase(carol)
  expect(result).toMatchObject({
    ...{ isComplete: true, wasResumed: false, kept: { invoices: 1 } },
    counts: {
      ...{ 'offers delete': 2, 'offers blank': 1, 'notes delete': 2, 'notes blank': 1 },
      ...{ [deliveriesCollection]: 1, [answersCollection]: 1 },
    },
  })
  expect(await placesNaming(carol.subject)).toEqual(['invoices'])
  expect(countLines(result, application.resources)).toContain('  offers: 2 deleted, 1 blanked')
  expect(purged).toEqual(expect.arrayContaining([`notes:${note}`, `notes:${shared}`, `offers:${own}`]))

  for (const path of [`offers/${own}`, `offers/${pending}`, `notes/${note}`]) {
    expect((await origin.send('GET', `/v1/${path}`, { as: carol })).status).toBe(404)
  }
  expect((await origin.send('POST', `/v1/notes/${removed}/restore`, { as: carol })).status).toBe(404)
  const left = await origin.send('GET', `/v1/offers/${bought}`, { as: bob })
  expect(left.json).toMatchObject({ title: 'Bike', buyerId: result.pseudonym })
  expect(left.json.deliverTo).toBeUndefined()
  const others = await origin.send('GET', `/v1/notes/${shared}`, { as: bob })
  expect(others.json.readerIds).toEqual(['x', result.pseudonym])
  expect((await origin.send('GET', `/v1/invoices/${invoice}`, { as: carol })).status).toBe(200)
  const everything = JSON.stringify(await db.collection(historyCollection).find().toArray())
  for (const value of ['Tandem', 'Elm Street']) expect(everything).not.toContain(value)

  const again = await erase(carol)
  expect(again).toMatchObject({ counts: {}, isComplete: true })
  expect(countLines(again, application.resources)).toEqual(['  invoices: 1 kept'])
  expect(await db.collection('_erasures').countDocuments()).toBe(0)
})

it('keeps that something was done, by whom under a pseudonym, in the history of what is left', async () => {
  const bought = await make('offers', bob, { ...offer, buyerId: carol.subject, deliverTo: 'Elm Street 2' })
  const own = await make('offers', carol, offer)
  const { pseudonym } = await erase(carol)
  const auditor = { subject: 'auditor', scopes: [], claims: { roles: ['auditor'] } }
  const ofBought = (await origin.send('GET', `/v1/offers/${bought}/history`, { as: bob })).json.items
  expect(ofBought[0]).toMatchObject({ type: 'updated', via: 'erasure', changed: ['buyerId', 'deliverTo'] })
  expect(ofBought[1].after).toEqual({ sellerId: 'bob', buyerId: pseudonym, title: 'Bike', priceCents: 1 })
  const ofOwn = (await origin.send('GET', `/v1/offers/${own}/history`, { as: auditor })).json.items
  expect(ofOwn).toMatchObject([
    { type: 'deleted', via: 'erasure', changed: [] },
    { type: 'created', by: pseudonym },
  ])
  expect(JSON.stringify(ofOwn)).not.toContain('Bike')
  expect((await origin.send('GET', `/v1/offers/${own}/history`, { as: carol })).status).toBe(404)
})

it('refuses a repeated create of what was erased, and creates nothing', async () => {
  const key = randomUUID()
  const id = await make('offers', carol, offer, key)
  await erase(carol)
  const headers = { 'idempotency-key': `"${key}"` }
  const again = await origin.send('POST', '/v1/offers', { as: carol, body: offer, headers })
  expect(again.status).toBeGreaterThanOrEqual(400)
  expect((await origin.send('GET', `/v1/offers/${id}`, { as: carol })).status).toBe(404)
})

it('loses no write of others that comes meanwhile', async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, () => make('offers', bob, { ...offer, buyerId: carol.subject })),
  )
  const running = erase(carol)
  const increased = ids.map(async (id) => {
    for (let price = 2; price <= 6; price += 1) {
      const answer = await origin.send('PATCH', `/v1/offers/${id}`, { as: bob, body: { priceCents: price } })
      expect(answer.status).toBe(200)
    }
  })
  await Promise.all(increased)
  const { pseudonym } = await running
  await erase(carol)
  for (const id of ids) {
    const { json } = await origin.send('GET', `/v1/offers/${id}`, { as: bob })
    expect(json.priceCents).toBe(6)
    expect(json.buyerId).toMatch(/^erased-/)
  }
  expect(pseudonym).toMatch(/^erased-[0-9a-f]{32}$/)
  await drained(origin.database, application.resources)
  await erase(carol)
  expect(await placesNaming(carol.subject)).toEqual([])
})

it('goes on under the same pseudonym where a run was stopped, and purges what that one had not', async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => make('offers', carol, offer)))
  const stopping = new AbortController()
  const stopped = new PersonErasure({
    ...{ db: origin.database.db, bounds: origin.database.pool.bounds, catalogue: application.resources },
    ...{ subject: carol.subject, holder: randomUUID(), observe: () => {} },
    times: { ...erasureTimes, beatMs: 50, silenceMs: 1_000, pollMs: 20 },
    // Fails as a process does that is killed between the writes and the purge.
    purge: async () => {
      stopping.abort()
      throw new Error('killed')
    },
  })
  await expect(stopped.run(stopping.signal)).rejects.toThrow('killed')
  const state = await origin.database.db.collection('_erasures').findOne()
  expect(JSON.stringify(state)).not.toContain(carol.subject)
  await expect(erase(bob)).rejects.toThrow('the erasure of another person is unfinished')
  purged.length = 0
  const { pseudonym, wasResumed } = await erase(carol)
  expect({ pseudonym, wasResumed }).toEqual({ pseudonym: state?.pseudonym, wasResumed: true })
  expect(purged).toEqual(expect.arrayContaining(ids.map((id) => `offers:${id}`)))
  expect(await placesNaming(carol.subject)).toEqual([])
})

it('refuses while another erasure runs', async () => {
  await origin.database.db
    .collection<{ _id: string; holder: string; beat: number }>('_jobs')
    .replaceOne({ _id: 'erasure' }, { holder: 'another', beat: 1 }, { upsert: true })
  let beat = 1
  const beating = setInterval(() => {
    beat += 1
    void origin.database.db.collection('_jobs').updateOne({ holder: 'another' }, { $set: { beat } })
  }, 100)
  await expect(erase(carol)).rejects.toThrow('another erasure is running')
  clearInterval(beating)
  await origin.database.db.collection('_jobs').deleteOne({ holder: 'another' })
})

it('reports what is left, with its reason and its time', () => {
  const now = new Date('2026-11-29T12:00:00.000Z')
  const result = { pseudonym: 'p', counts: {}, kept: { invoices: 2 }, isComplete: true, wasResumed: false }
  const lines = (isPurged: boolean) =>
    leftLines(result, { catalogue: application.resources, now, isPurged }).join('\n')
  expect(lines(true)).toContain('invoices.payerId: 2 documents: kept for ten years')
  expect(lines(true)).not.toContain('stored by the edge')
  expect(lines(false)).toContain('answers stored by the edge: until 2026-11-29T13:01:00.000Z')
})

it('is refused where a rule names a field of which nothing is declared', () => {
  const open = resource('diaries', {
    description: 'Diaries.',
    schema: noteSchema,
    access: { read: owner('ownerId'), write: owner('ownerId') },
    indexes: [{ fields: { ownerId: 1 } }],
    versions: [asStored('v1', noteSchema, { readOnly: ['ownerId'] })],
  })
  expect(refusalToErase(new Map([['diaries', open]]))).toContain(
    'diaries: erasure: { ownerId: … } is missing',
  )
  expect(refusalToErase(application.resources)).toBeUndefined()
})
