import { randomUUID } from 'node:crypto'
import { seed } from '@spillway/origin/dev/seed'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { copyPlaces, type Peer, type PeerName, startPeer } from '../peers/start-peer.ts'

/** Peers among the dependencies; the others are installed when a bench first wants them. */
const names: readonly PeerName[] = ['Fastify + driver', 'hono + driver', 'Express + mongoose']

const place = {
  name: 'Somewhere',
  countryCode: 'FR',
  region: '11',
  kind: 'city',
  population: 20_000,
  location: { latitude: 48.5, longitude: 2.25 },
}
const trip = { title: 'Spring', startsOn: '2027-05-01', endsOn: '2027-05-04', placeIds: ['2988507'] }

const source = `peers_${randomUUID().slice(0, 8)}`
const databaseUri = inject('databaseUri')

beforeAll(() => seed({ databaseUri, databaseName: source }))

afterAll(async () => {
  const client = new MongoClient(databaseUri)
  for (const name of [source, ...names.map(databaseOf)]) await client.db(name).dropDatabase()
  await client.close()
})

const databaseOf = (name: PeerName): string => `${source}_${names.indexOf(name)}`

// Peers must do the same work: one that answers less would cost less.
describe.each(names)('%s', (name) => {
  let peer: Peer

  beforeAll(async () => {
    await copyPlaces(databaseUri, source, databaseOf(name))
    peer = await startPeer(name, { databaseUri, databaseName: databaseOf(name), poolSize: 4 })
  })

  afterAll(() => peer?.stop())

  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(peer.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    })

  test('reads a place by its id, with its version as the ETag', async () => {
    const answer = await send('GET', '/v2/places/2988507')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(await answer.json()).toMatchObject({
      id: '2988507',
      name: 'Paris',
      location: { latitude: 48.85341, longitude: 2.3488 },
    })
    expect((await send('GET', '/v2/places/none')).status).toBe(404)
  })

  test('lists a country, largest first, below a bound', async () => {
    const page = async (query: string) => {
      const answer = await send('GET', `/v2/places?${query}`)
      return ((await answer.json()) as { items: { name: string; population: number }[] }).items
    }
    const [first, ...others] = await page('countryCode=FR&limit=20')
    expect(first?.name).toBe('Paris')
    expect(others).toHaveLength(19)
    const below = await page('countryCode=FR&population[lt]=50000&limit=5')
    expect(below.map(({ population }) => population < 50_000)).toEqual(Array(5).fill(true))
  })

  test('creates places and trips that are then there, and refuses those that break a rule', async () => {
    const made = await send('POST', '/v2/places', place)
    expect(made.status).toBe(201)
    expect(made.headers.get('etag')).toBe('"1"')
    expect(await (await send('GET', made.headers.get('location') as string)).json()).toMatchObject(place)
    const planned = await send('POST', '/v2/trips', trip)
    expect(planned.status).toBe(201)
    expect(await planned.json()).toMatchObject(trip)
    for (const [path, body] of [
      ['/v2/places', { ...place, kind: 'star' }],
      ['/v2/places', { ...place, population: -1 }],
      ['/v2/trips', { ...trip, startsOn: 'soon' }],
    ] as const) {
      expect([400, 422], path).toContain((await send('POST', path, body)).status)
    }
  })

  test('changes a place only for a caller who sends its version', async () => {
    const path = '/v2/places/2996944'
    const change = () => send('PATCH', path, { population: 5 }, { 'if-match': '"1"' })
    const changed = await change()
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).toBe('"2"')
    expect(await changed.json()).toMatchObject({ population: 5 })
    expect((await change()).status).toBe(412)
  })
})
