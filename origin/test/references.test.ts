import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  action,
  asStored,
  defineApplication,
  type Principal,
  representation,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { events } from '../docs/model/example/events.ts'
import { venues } from '../docs/model/example/venues.ts'
import { defineServer, implement } from '../src/server.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'

/** A resource whose version shows the reference under another name. */
const stored = Type.Object({ venueId: Type.String(), topId: Type.Optional(Type.String()) })
const offers = resource('offers', {
  description: 'Offers.',
  schema: stored,
  access: { read: signedIn, write: signedIn },
  references: { venueId: 'venues', topId: 'offers' },
  versions: [
    representation('v1', {
      stored,
      schema: Type.Object({ place: Type.String() }),
      fromStored: ({ venueId }) => ({ place: venueId }),
      toStored: ({ place }) => ({ venueId: place }),
      paths: { place: 'venueId' },
    }),
    asStored('v2', stored),
  ],
})
const move = action('move', {
  description: 'Moves an event to a venue, which may be a new one.',
  on: events,
  access: signedIn,
  timeout: '30s',
  input: Type.Object({ venueId: Type.Optional(Type.String()), look: Type.Boolean() }),
  writes: [venues],
})
const moving = implement(move, async ({ document, input, store }) => {
  const made =
    input.venueId === undefined
      ? await store.create(venues, { ownerId: 'nobody', name: 'New', open: false })
      : undefined
  if (input.look && input.venueId !== undefined) await store.get(venues, input.venueId)
  return store.update(events, document.id, { venueId: made?.id ?? (input.venueId as string) })
})

let origin: TestApp
let pending: number
let pendingMax: number
let isCertain: boolean
beforeAll(async () => {
  const application = defineApplication({
    name: 'references',
    title: 'References',
    summary: 'References.',
    resources: [events, venues, offers],
    actions: [move],
  })
  origin = await startTestApp({
    application,
    server: defineServer(moving),
    isCertain: () => isCertain,
    over: (repository) => ({
      ...bound(repository),
      async read(...parts) {
        pending += 1
        pendingMax = Math.max(pendingMax, pending)
        try {
          return await repository.read(...parts)
        } finally {
          pending -= 1
        }
      },
    }),
  })
})
afterAll(() => origin.stop())
beforeEach(() => {
  isCertain = true
  pending = 0
  pendingMax = 0
})

const send = (method: string, path: string, body: unknown, as: Principal = alice, headers = {}) =>
  origin.send(method, path, { as, body, headers })

async function venue(open = true, as = alice): Promise<string> {
  const { status, json } = await send('POST', '/v1/venues', { name: 'V', open }, as)
  expect(status).toBe(201)
  return json.id
}
const event = (fields: object, headers = {}) =>
  send('POST', '/v1/events', { title: 'E', ...fields }, alice, headers)

const detail = "No document of 'venues' that you may read has this id. Send the id of one that GET shows you."
const refusal = (...pointers: string[]) => ({
  status: 422,
  json: { code: 'validation-failed', errors: pointers.map((pointer) => ({ pointer, detail })) },
})

it('accepts ids of documents that the caller may read, and reads all of them at once', async () => {
  const ids = [await venue(), await venue(true, bob), await venue(false)]
  pendingMax = 0
  const { status, json } = await event({ venueId: ids[0], fallbackIds: ids })
  expect([status, json.venueId, json.fallbackIds]).toEqual([201, ids[0], ids])
  expect(pendingMax).toBe(4)
})

it('refuses the id of a missing document like that of one that the caller may not read, by its pointer', async () => {
  const mine = await venue()
  const theirs = await venue(false, bob)
  expect(await event({ venueId: 'absent' })).toMatchObject(refusal('/venueId'))
  expect(await event({ venueId: theirs })).toMatchObject(refusal('/venueId'))
  const fallbackIds = [mine, theirs, 'absent', mine]
  expect(await event({ venueId: mine, fallbackIds })).toMatchObject(
    refusal('/fallbackIds/1', '/fallbackIds/2'),
  )
  const offer = await send('POST', '/v1/offers', { place: 'no id, for its blanks' })
  expect(offer).toMatchObject(refusal('/place'))
})

it('checks each item of a batch separately', async () => {
  const good = { title: 'E', venueId: await venue() }
  const items = [good, { ...good, venueId: 'absent' }, { ...good, fallbackIds: ['absent'] }]
  const { json } = await send('POST', '/v1/events/batch', { items })
  expect(json.items.map(({ status }: { status: number }) => status)).toEqual([201, 422, 422])
  expect(json.items[2].problem.errors).toEqual([{ pointer: '/fallbackIds/0', detail }])
})

it('reads only documents that a change newly refers to', async () => {
  const gone = await venue()
  const { json } = await event({ venueId: gone, fallbackIds: [gone] })
  const path = `/v1/events/${json.id}`
  expect((await origin.send('DELETE', `/v1/venues/${gone}`, { as: alice })).status).toBe(204)
  expect((await send('PATCH', path, { title: 'F' })).status).toBe(200)
  const put = { title: 'G', venueId: gone, fallbackIds: [gone, gone] }
  expect((await send('PUT', path, put)).status).toBe(200)
  expect(await send('PATCH', path, { fallbackIds: [gone, 'absent'] })).toMatchObject(
    refusal('/fallbackIds/1'),
  )
  expect(await send('PUT', path, { ...put, venueId: 'absent' })).toMatchObject(refusal('/venueId'))
  const other = await venue()
  expect((await send('PATCH', path, { venueId: other, fallbackIds: null })).json).toMatchObject({
    venueId: other,
  })
  expect(await send('PATCH', path, { venueId: gone })).toMatchObject(refusal('/venueId'))
})

it('replays a repeated create, whatever happened to the referenced documents', async () => {
  const venueId = await venue()
  const key = { 'idempotency-key': venueId }
  const first = await event({ venueId }, key)
  await origin.send('DELETE', `/v1/venues/${venueId}`, { as: alice })
  const again = await event({ venueId }, key)
  expect([again.status, again.text]).toEqual([201, first.text])
  expect((await event({ venueId })).status).toBe(422)
})

it('does not report a missing document if the primary may have been replaced', async () => {
  isCertain = false
  const { status, json } = await event({ venueId: 'absent' })
  expect([status, json.code]).toEqual([503, 'database-unavailable'])
})

it('lets a resource refer to itself', async () => {
  const top = await send('POST', '/v2/offers', { venueId: await venue() })
  const below = { venueId: top.json.venueId, topId: top.json.id }
  expect((await send('POST', '/v2/offers', below)).status).toBe(201)
  const { json } = await send('POST', '/v2/offers', { ...below, topId: 'absent' })
  expect(json.errors[0].pointer).toBe('/topId')
})

describe('in an action', () => {
  const act = async (input: object) => {
    const { json } = await event({ venueId: await venue() })
    return send('POST', `/v1/events/${json.id}/move`, input)
  }

  it('accepts a document that the same commit creates', async () => {
    const { status, json } = await act({ look: false })
    expect(status).toBe(200)
    expect(await origin.send('GET', `/v1/venues/${json.venueId}`, { as: alice })).toMatchObject({
      status: 404,
    })
  })

  it('accepts a document that the caller may not read only if the handler has read it', async () => {
    const theirs = await venue(false, bob)
    expect(await act({ venueId: theirs, look: false })).toMatchObject(refusal('/venueId'))
    expect((await act({ venueId: theirs, look: true })).json).toMatchObject({ venueId: theirs })
    expect(await act({ venueId: 'absent', look: true })).toMatchObject(refusal('/venueId'))
  })
})

it('names the referenced resource in OpenAPI', async () => {
  const { json } = await origin.send('GET', '/openapi.json')
  const { EventsV1, EventsV1Input, OffersV1 } = json.components.schemas
  expect(EventsV1.properties.venueId.description).toBe('Id of a document of `venues`.')
  expect(EventsV1Input.properties.fallbackIds.description).toBe('Ids of documents of `venues`.')
  expect(OffersV1.properties.place.description).toBe('Id of a document of `venues`.')
})

it('the documentation page shows the examples of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'references.md'), 'utf8')
  for (const example of ['events.ts', 'venues.ts']) {
    expect(page).toContain(readFileSync(join(folder, 'example', example), 'utf8'))
  }
})
