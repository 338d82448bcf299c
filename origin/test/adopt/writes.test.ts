import { action, defineApplication, signedIn } from '@spillway/origin/contract'
import { defineServer, implement } from '@spillway/origin/server'
import { Decimal128, type Document, Double, Int32, Long, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice, bob } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { accountIds, documents, movieIds, uuidOf } from './documents.ts'
import { application, machines } from './resources.ts'

let database: TestDatabase
let origin: TestApp
beforeAll(async () => {
  database = await openTestDatabase(application.resources)
  origin = await startTestApp({ application, database })
})
beforeEach(async () => {
  for (const [collection, all] of Object.entries(documents)) {
    await database.db.collection(collection).deleteMany({})
    await database.db.collection(collection).insertMany([...all])
  }
})
afterAll(async () => {
  await origin.stop()
  await database.drop()
})

/** The document as its other owner stores it, with the types of BSON. */
const stored = async (collection: string, _id: unknown): Promise<Document | null> =>
  database.db.collection(collection).findOne({ _id: _id as never }, { promoteValues: false })

/** The document that the other application has made, with changes. */
const original = (collection: string, index: number): Document =>
  (documents[collection] as readonly Document[])[index] as Document

const write = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  as = alice,
) => origin.send(method, path, { as, headers, ...(body !== undefined && { body }) })
const etagOf = async (path: string, as = alice): Promise<string> =>
  (await origin.send('GET', path, { as })).headers.etag as string

describe('a write', () => {
  it('changes the fields that differ, in the types that they have, and nothing else', async () => {
    const { status, json } = await write('PATCH', '/v1/listings/10006546', {
      accommodates: 9,
      hostName: 'Anna',
      address: { countryCode: 'ES' },
      roomType: null,
      price: '81.50',
    })
    expect(status, JSON.stringify(json)).toBe(200)
    expect(json).toMatchObject({ accommodates: 9, hostName: 'Anna', price: '81.50' })
    const { room_type: _, ...before } = original('listingsAndReviews', 0)
    expect(await stored('listingsAndReviews', '10006546')).toEqual({
      ...before,
      accommodates: new Int32(9),
      price: Decimal128.fromString('81.50'),
      host: { ...before.host, host_name: 'Anna' },
      address: { ...before.address, country_code: 'ES' },
    })
  })

  it('keeps by PUT what the resource does not describe, and what does not fit it', async () => {
    const { status, json } = await write('PUT', `/v1/movies/${movieIds[1]}`, {
      title: 'The Train',
      imdb: { votes: 1 },
    })
    expect(status, JSON.stringify(json)).toBe(200)
    const { genres: _, ...before } = original('movies', 1)
    expect(await stored('movies', new ObjectId(movieIds[1]))).toEqual({
      ...before,
      title: 'The Train',
      imdb: { rating: '', votes: new Int32(1), id: new Int32(439) },
      lastupdated: new Date(json.updatedAt),
    })
  })

  it('replaces a value that does not fit only by one that is sent', async () => {
    const path = `/v1/movies/${movieIds[1]}`
    expect((await write('PATCH', path, { year: 1903, imdb: { rating: 7.5 } })).json).toMatchObject({
      year: 1903,
      imdb: { rating: 7.5, votes: 9847 },
    })
    expect(await stored('movies', new ObjectId(movieIds[1]))).toMatchObject({
      year: new Int32(1903),
      imdb: { rating: new Double(7.5), votes: new Int32(9847), id: new Int32(439) },
    })
    // The price that is stored does not fit, and a document must have one.
    const repair = await write('PATCH', '/v1/listings/10009999', { name: 'x' })
    expect([repair.status, repair.json.errors]).toEqual([
      422,
      [{ pointer: '/price', detail: 'Required field.' }],
    ])
    expect((await write('PATCH', '/v1/listings/10009999', { price: '12' })).status).toBe(200)
    expect(await stored('listingsAndReviews', '10009999')).toEqual({
      ...original('listingsAndReviews', 2),
      price: Decimal128.fromString('12'),
    })
  })

  it('keeps whole numbers in the type that they have', async () => {
    expect((await write('PATCH', '/v1/machines/7', { load: 3 })).status).toBe(200)
    expect((await write('PATCH', '/v1/machines/4294967296', { load: 2.5 })).status).toBe(200)
    expect((await write('PATCH', '/v1/machines/-12', { load: 4 })).status).toBe(200)
    expect(await stored('machines', 7)).toMatchObject({ load: new Double(3), serial: 'x-1' })
    expect(await stored('machines', 4294967296)).toMatchObject({ load: new Double(2.5) })
    expect(await stored('machines', -12)).toEqual({ _id: new Double(-12), label: 'saw', load: new Double(4) })
    const path = `/v1/accounts/${accountIds[0]}`
    const body = { balance: '-9223372036854775808', creditLimit: 1, clientId: accountIds[0] }
    expect((await write('PATCH', path, body, { 'if-match': await etagOf(path) })).status).toBe(200)
    expect(await stored('Accounts.v1', uuidOf(accountIds[0]))).toMatchObject({
      balance: Long.MIN_VALUE,
      limit: Long.fromNumber(1),
      client: uuidOf(accountIds[0]),
      created: new Date('2020-01-02T03:04:05.006Z'),
      meta: { by: 'batch' },
    })
  })

  it('adds, moves and removes items of arrays with everything that is stored in them', async () => {
    const reviews = [
      { date: '2026-01-01T00:00:00.000Z', reviewerName: 'Mia' },
      { date: '2016-02-14T05:00:00.000Z', reviewerName: 'Théo' },
    ]
    const path = '/v1/listings/10006546'
    const lost = await write('PATCH', path, { reviews })
    expect([lost.status, lost.json.errors[0].pointer]).toEqual([422, '/reviews'])
    const [first, second] = original('listingsAndReviews', 0).reviews
    expect((await write('PATCH', path, { reviews: [reviews[1]] })).status).toBe(200)
    expect((await stored('listingsAndReviews', '10006546'))?.reviews).toEqual([second])
    expect((await write('PATCH', path, { reviews })).status).toBe(200)
    expect((await stored('listingsAndReviews', '10006546'))?.reviews).toEqual([
      { date: new Date('2026-01-01T00:00:00.000Z'), reviewer_name: 'Mia' },
      second,
    ])
    expect(first._id).toBe('58663741')
  })

  it('is refused if it would lose what the resource does not describe', async () => {
    const path = `/v1/movies/${movieIds[0]}`
    const whole = await write('PATCH', path, { imdb: null })
    expect([whole.status, whole.json.errors]).toEqual([
      422,
      [{ pointer: '/imdb', detail: expect.stringContaining('would be lost') }],
    ])
    const mixed = await write('PATCH', path, { awards: { wins: 2 } })
    expect([mixed.status, mixed.json.errors[0].pointer]).toEqual([422, '/awards'])
    const { json } = await origin.send('GET', path)
    const { id: _, updatedAt: __, ...fields } = json
    expect((await write('PUT', path, { ...fields, plot: 'A smith.' })).status).toBe(200)
    expect(await stored('movies', new ObjectId(movieIds[0]))).toMatchObject({
      awards: original('movies', 0).awards,
      imdb: original('movies', 0).imdb,
      plot: 'A smith.',
    })
  })

  it('makes objects that are missing, also in place of null', async () => {
    await database.db
      .collection('listingsAndReviews')
      .updateOne({ _id: '10009999' as never }, { $set: { host: null, price: new Int32(3) } })
    expect((await write('PATCH', '/v1/listings/10009999', { hostName: 'Bo' })).json).toMatchObject({
      hostName: 'Bo',
      price: '3',
    })
    expect(await stored('listingsAndReviews', '10009999')).toMatchObject({
      host: { host_name: 'Bo' },
      price: new Int32(3),
    })
    await database.db
      .collection('listingsAndReviews')
      .updateOne({ _id: '10009999' as never }, { $set: { host: 'nobody' } })
    const { status, json } = await write('PATCH', '/v1/listings/10009999', { hostName: 'Cy' })
    expect([status, json.errors]).toEqual([
      422,
      [{ pointer: '/hostName', detail: expect.stringContaining('another value') }],
    ])
  })

  it('that changes nothing stores nothing', async () => {
    const { status, headers } = await write('PATCH', '/v1/machines/7', {})
    expect([status, headers.etag]).toEqual([200, await etagOf('/v1/machines/7')])
    expect(await stored('machines', 7)).toEqual(original('machines', 0))
  })
})

describe('a create', () => {
  it('stores the fields alone, in the types of the collection', async () => {
    const body = { movieId: movieIds[2], name: 'Zoë', text: 'Good.', date: '2026-05-06T07:08:09.010Z' }
    const { status, json } = await write('POST', '/v1/comments', body)
    expect([status, json]).toEqual([201, { id: expect.stringMatching(/^[0-9a-f]{24}$/), ...body }])
    expect(await stored('comments', new ObjectId(json.id))).toEqual({
      _id: new ObjectId(json.id),
      movie_id: new ObjectId(movieIds[2]),
      name: 'Zoë',
      text: 'Good.',
      date: new Date(body.date),
    })
    expect(
      (await write('POST', '/v1/comments', { ...body, movieId: 'f'.repeat(24) })).json.errors[0].pointer,
    ).toBe('/movieId')
    expect((await write('POST', '/v1/comments', { ...body, movieId: 'abc' })).json.errors).toEqual([
      { pointer: '/movieId', detail: 'Must be an ObjectId of 24 hexadecimal digits in lower case.' },
    ])
  })

  it('belongs to its creator, and has the times that the collection has', async () => {
    const { status, json } = await write('POST', '/v1/accounts', { balance: '1', creditLimit: 2 })
    expect(status, JSON.stringify(json)).toBe(201)
    expect(await stored('Accounts.v1', uuidOf(json.id))).toEqual({
      _id: expect.anything(),
      owner_id: 'alice',
      balance: Long.fromNumber(1),
      limit: Long.fromNumber(2),
      created: new Date(json.createdAt),
      meta: { updated: new Date(json.updatedAt) },
    })
  })

  it('with a key is done once, and stores no key', async () => {
    const body = { title: 'Once', genres: ['Short'] }
    const key = { 'idempotency-key': 'k1' }
    const first = await write('POST', '/v1/movies', body, key)
    expect(first.status).toBe(201)
    const again = await write('POST', '/v1/movies', body, key)
    expect([again.status, again.json.id, again.headers['idempotency-replayed']]).toEqual([
      201,
      first.json.id,
      'true',
    ])
    expect((await write('POST', '/v1/movies', { ...body, title: 'Twice' }, key)).status).toBe(422)
    expect(await stored('movies', new ObjectId(first.json.id))).toEqual({
      _id: expect.any(ObjectId),
      ...body,
      lastupdated: expect.any(Date),
    })
    const items = [{ title: 'A' }, { title: 'B' }]
    const batch = await write('POST', '/v1/movies/batch', { items }, { 'idempotency-key': 'k2' })
    const repeated = await write('POST', '/v1/movies/batch', { items }, { 'idempotency-key': 'k2' })
    const ids = ({ json }: typeof batch) => json.items.map(({ id }: { id: string }) => id)
    expect(ids(repeated)).toEqual(ids(batch))
    expect(await database.db.collection('movies').countDocuments()).toBe(6)
  })

  it('with a taken unique value names the field of the resource', async () => {
    const { status, json } = await write('POST', '/v1/movies', { title: 'Traffic in Souls' })
    expect([status, json.errors]).toEqual([
      409,
      [{ pointer: '/title', detail: 'Another document already has this value.' }],
    ])
  })
})

describe('a delete', () => {
  it('removes the document, and leaves no tombstone', async () => {
    const path = `/v1/accounts/${accountIds[0]}`
    expect((await write('DELETE', path)).status).toBe(428)
    expect((await write('DELETE', path, undefined, { 'if-match': await etagOf(path) })).status).toBe(204)
    expect((await write('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(404)
    expect(await stored('Accounts.v1', uuidOf(accountIds[0]))).toBeNull()
  })
})

describe('concurrent writes', () => {
  const path = '/v1/machines/7'

  it('with the same ETag: one succeeds, also if all write the same', async () => {
    for (const bodies of [(n: number) => ({ label: `by ${n}` }), () => ({ label: 'the same' })]) {
      const headers = { 'if-match': await etagOf(path) }
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => write('PATCH', path, bodies(n), headers)),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(412)])
    }
  })

  it('of different fields are all kept, those of another application too', async () => {
    const load = Array.from({ length: 8 }, (_, n) =>
      write('PATCH', path, n % 2 === 0 ? { load: n } : { label: `l${n}` }),
    )
    const others = Array.from({ length: 8 }, () =>
      database.db.collection('machines').updateOne({ _id: 7 as never }, { $inc: { hits: 1 } }),
    )
    const answers = await Promise.all(load)
    await Promise.all(others)
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(await stored('machines', 7)).toMatchObject({ serial: 'x-1', hits: new Int32(8) })
  })

  it('fail with the ETag of a document that another application has changed since', async () => {
    const etag = await etagOf(path)
    await database.db.collection('machines').updateOne({ _id: 7 as never }, { $set: { label: 'changed' } })
    expect((await write('PATCH', path, { load: 5 }, { 'if-match': etag })).status).toBe(412)
    expect((await write('DELETE', path, undefined, { 'if-match': etag })).status).toBe(412)
    // A change of what the resource does not describe is no change of what the caller has seen.
    const current = await etagOf(path)
    await database.db.collection('machines').updateOne({ _id: 7 as never }, { $set: { serial: 'x-2' } })
    expect((await write('PATCH', path, { load: 5 }, { 'if-match': current })).status).toBe(200)
    expect(await stored('machines', 7)).toMatchObject({
      label: 'changed',
      serial: 'x-2',
      load: new Double(5),
    })
  })

  it('do not touch documents of other owners', async () => {
    expect(
      (await write('PATCH', `/v1/accounts/${accountIds[0]}`, { balance: '0' }, { 'if-match': '*' }, bob))
        .status,
    ).toBe(404)
  })
})

it('of an action that locks an adopted document is refused, and nothing is written', async () => {
  const service = action('service', { description: 'Locks.', on: machines, access: signedIn })
  const locking = defineApplication({
    ...{ name: 'locking', title: 'Locking', summary: 'Locks.' },
    ...{ resources: [machines], actions: [service] },
  })
  let refusal: unknown
  const server = defineServer(
    implement(service, async ({ document, store }) => {
      await store.update(machines, document.id, { load: 9 })
      refusal = await store.lock(machines, document.id).catch((error) => error)
      throw refusal
    }),
  )
  const other = await startTestApp({ application: locking, server, database })
  const before = await stored('machines', 7)
  expect((await other.send('POST', '/v1/machines/7/service', { as: alice })).status).toBe(500)
  expect(String(refusal)).toContain("documents of 'machines' cannot be locked")
  expect(await stored('machines', 7)).toEqual(before)
  await other.stop()
})

it('leaves nothing in the database but documents', async () => {
  const names = (await database.db.listCollections().toArray()).map(({ name }) => name).sort()
  expect(names).toEqual(Object.keys(documents).sort())
  for (const name of names) {
    const found = await database.db.collection(name).find().toArray()
    const fields = new Set(found.flatMap((document) => Object.keys(document)))
    expect([...fields].filter((field) => field.startsWith('_'))).toEqual(['_id'])
  }
})
