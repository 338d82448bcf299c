import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice, bob } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { accountIds, documents, movieIds } from './documents.ts'
import { application } from './resources.ts'

let database: TestDatabase
let origin: TestApp
beforeAll(async () => {
  database = await openTestDatabase(application.resources)
  for (const [collection, all] of Object.entries(documents)) {
    await database.db.collection(collection).insertMany([...all])
  }
  origin = await startTestApp({ application, database })
})
afterAll(async () => {
  await origin.stop()
  await database.drop()
})

const get = (path: string, as = alice) => origin.send('GET', path, { as })
const namesOf = async (path: string, field = 'id', as = alice): Promise<unknown[]> => {
  const { status, json } = await get(path, as)
  expect(status, JSON.stringify(json)).toBe(200)
  return json.items.map((item: Record<string, unknown>) => item[field])
}

describe('an adopted document', () => {
  it('is shown under the names and in the forms of the resource', async () => {
    expect((await get('/v1/listings/10006546')).json).toEqual({
      id: '10006546',
      name: 'Riverside duplex',
      roomType: 'Entire home/apt',
      accommodates: 8,
      price: '80.00',
      lastScraped: '2019-02-16T05:00:00.000Z',
      amenities: ['TV', 'Wifi'],
      hostName: 'Ana',
      address: {
        street: 'Porto, Porto, Portugal',
        countryCode: 'PT',
        location: { type: 'Point', coordinates: [-8.61308, 41.1413] },
      },
      reviews: [
        { date: '2016-01-03T05:00:00.000Z', reviewerName: 'Cátia' },
        { date: '2016-02-14T05:00:00.000Z', reviewerName: 'Théo' },
      ],
    })
    expect((await get(`/v1/accounts/${accountIds[0]}`)).json).toEqual({
      id: accountIds[0],
      createdAt: '2020-01-02T03:04:05.006Z',
      updatedAt: '2021-01-02T03:04:05.006Z',
      ownerId: 'alice',
      balance: '9007199254740993',
      creditLimit: 5000,
      clientId: accountIds[1],
    })
    expect((await get('/v1/machines/4294967296')).json).toEqual({ id: '4294967296', label: 'lathe', load: 2 })
    expect((await get('/v1/machines/-12')).json).toEqual({ id: '-12', label: 'saw' })
  })

  it('is shown without the values that do not fit its schema', async () => {
    const { status, json } = await get(`/v1/movies/${movieIds[1]}`)
    expect(status).toBe(200)
    expect(json).toEqual({
      id: movieIds[1],
      title: 'The Great Train Robbery',
      genres: ['Short', 'Western'],
      imdb: { votes: 9847 },
    })
    expect((await get('/v1/listings/10009999')).json).toEqual({
      id: '10009999',
      name: 'Price unknown',
      accommodates: 4,
    })
  })

  it('is shown with null where the schema has it, and without a field otherwise', async () => {
    expect((await get(`/v1/movies/${movieIds[0]}`)).json).toEqual({
      id: movieIds[0],
      updatedAt: '2015-08-26T00:03:50.133Z',
      title: 'Blacksmith Scene',
      year: 1893,
      released: '1893-05-09',
      genres: ['Short'],
      imdb: { rating: 6, votes: 1189 },
      plot: null,
      awards: { wins: 1, nominations: 0, since: '1995-01-01T00:00:00.000Z' },
    })
  })

  it('has an id for every text, in a form for paths', async () => {
    const ids = await namesOf('/v1/listings')
    expect(ids).toContain('b64-Z3Vlc3Q6Ny_DpA')
    expect((await get('/v1/listings/b64-Z3Vlc3Q6Ny_DpA')).json).toMatchObject({
      name: 'Room with a view',
      price: '1E+2',
    })
    // Another spelling of the same text is not an id.
    expect((await get('/v1/listings/b64-MTAwMDY1NDY')).status).toBe(404)
  })

  it.each([
    'movies/abc',
    'movies/573A1390F29313CAABCD4135',
    'accounts/7',
    'machines/07',
    'machines/1e3',
    'listings/nobody',
  ])('is not found at %s, which no id of the collection is', async (path) =>
    expect((await get(`/v1/${path}`)).status).toBe(404),
  )

  it('has an ETag that changes with every change of what is shown, whoever makes it', async () => {
    const path = `/v1/movies/${movieIds[2]}`
    const { etag } = (await get(path)).headers
    const unchanged = { headers: { 'if-none-match': etag } }
    expect((await origin.send('GET', path, unchanged)).status).toBe(304)
    const movies = database.db.collection('movies')
    await movies.updateOne({ title: 'Traffic in Souls' }, { $set: { unshown: 1 } })
    expect((await origin.send('GET', path, unchanged)).status).toBe(304)
    await movies.updateOne({ title: 'Traffic in Souls' }, { $inc: { year: 1 } })
    expect((await origin.send('GET', path, unchanged)).status).toBe(200)
  })
})

describe('a list of adopted documents', () => {
  it('is in the order of their ids, page by page, without ids of another type', async () => {
    const first = await get('/v1/listings?limit=2')
    expect(first.json.items.map(({ id }: { id: string }) => id)).toEqual(['10006546', '10009999'])
    const second = await get(`/v1/listings?limit=2&cursor=${first.json.nextCursor}`)
    expect(second.json.items.map(({ id }: { id: string }) => id)).toEqual(['b64-Z3Vlc3Q6Ny_DpA'])
    expect(second.json.nextCursor).toBeNull()
    expect(await namesOf('/v1/machines')).toEqual(['-12', '7', '4294967296'])
    const page = await get('/v1/machines?limit=1&sort=-id')
    expect(await namesOf(`/v1/machines?limit=1&sort=-id&cursor=${page.json.nextCursor}`)).toEqual(['7'])
  })

  it.each([
    ['listings?price=80', ['10006546']],
    ['listings?price[gt]=80.00&price[lte]=100', ['b64-Z3Vlc3Q6Ny_DpA']],
    ['listings?price[in]=1,80.0', ['10006546']],
    ['listings?roomType[exists]=true', ['10006546']],
    ['listings?roomType[prefix]=Entire', ['10006546']],
    ['listings?lastScraped[gte]=2019-02-16T06:00:00%2B01:00', ['10006546']],
    ['listings?lastScraped[exists]=true', ['10006546']],
    ['listings?amenities[contains]=Wifi', ['10006546', '10009999']],
    ['listings?address.countryCode=PT', ['10006546']],
    ['listings?or=(price=100,address.countryCode=PT)', ['10006546', 'b64-Z3Vlc3Q6Ny_DpA']],
    ['listings?near=41.14,-8.61,5000', ['10006546']],
    ['movies?released=1893-05-09', [movieIds[0]]],
    ['movies?released[lt]=1900-01-01', [movieIds[0]]],
    ['movies?year[gt]=1900', [movieIds[2]]],
    ['movies?genres[contains]=Western', [movieIds[1]]],
    [`comments?movieId=${movieIds[0]}`, ['5a9427648b0beebeb69579cc']],
    [`comments?movieId[ne]=${movieIds[0]}`, ['5a9427648b0beebeb69579cf']],
    ['accounts?balance[gte]=9007199254740993', [accountIds[0]]],
    ['accounts?balance[gte]=9007199254740994', []],
    [`accounts?clientId=${accountIds[1]}`, [accountIds[0]]],
  ])('%s compares what is stored', async (query, ids) => {
    expect(await namesOf(`/v1/${query}`)).toEqual(ids)
  })

  it.each([
    ['comments?movieId=abc', 'movieId', 'Must be an ObjectId of 24 hexadecimal digits in lower case.'],
    [
      'accounts?clientId=7',
      'clientId',
      'Must be a UUID in lower case, such as f81d4fae-7dec-41d0-a765-00a0c91e6bf6.',
    ],
    [
      'accounts?balance=9223372036854775808',
      'balance',
      'Must be an integer between -2^63 and 2^63 - 1, such as "9007199254740993".',
    ],
    ['listings?price=1,5', 'price', 'Must be a decimal of at most 34 digits, such as "12.50".'],
    [
      'listings?price[gte]=1.00000000000000000000000000000000001',
      'price[gte]',
      'Must be a decimal of at most 34 digits, such as "12.50".',
    ],
  ])('%s is refused', async (query, parameter, detail) => {
    const { status, json } = await get(`/v1/${query}`)
    expect(status).toBe(400)
    expect(json.errors).toEqual([{ parameter, detail }])
  })

  it('by a field has the documents that have it in its type, and so has its count', async () => {
    expect(await namesOf('/v1/listings?sort=-price')).toEqual(['b64-Z3Vlc3Q6Ny_DpA', '10006546'])
    const first = await get('/v1/listings?sort=price&limit=1&count=true')
    expect(first.json.count).toEqual({ value: 2, relation: 'eq' })
    expect(await namesOf(`/v1/listings?sort=price&limit=1&cursor=${first.json.nextCursor}`)).toEqual([
      'b64-Z3Vlc3Q6Ny_DpA',
    ])
    expect((await get('/v1/listings?count=true')).json.count).toEqual({ value: 3, relation: 'eq' })
    expect(await namesOf('/v1/comments?sort=-date', 'date')).toEqual([
      '2012-03-26T23:20:16.000Z',
      '1987-02-10T00:29:36.000Z',
    ])
  })

  it('shows an owner their own', async () => {
    expect(await namesOf('/v1/accounts')).toEqual([accountIds[0]])
    expect(await namesOf('/v1/accounts', 'id', bob)).toEqual([accountIds[1]])
    expect((await get(`/v1/accounts/${accountIds[0]}`, bob)).status).toBe(404)
  })

  it('expands references', async () => {
    const { json } = await get('/v1/comments?expand=movieId&sort=-date')
    expect(
      json.items.map(({ expanded }: { expanded: { movieId: { title: string } } }) => expanded.movieId.title),
    ).toEqual(['Blacksmith Scene', 'The Great Train Robbery'])
  })
})
