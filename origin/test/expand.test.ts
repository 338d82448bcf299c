import { asStored, defineApplication, type Principal, resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { events } from '../docs/model/example/events.ts'
import { venues } from '../docs/model/example/venues.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'

/** A resource that refers to many documents. */
const stored = Type.Object({ venueIds: Type.Array(Type.String(), { maxItems: 20 }) })
const tours = resource('tours', {
  description: 'Tours.',
  schema: stored,
  access: { read: signedIn, write: signedIn },
  cache: { maxAge: '30s' },
  references: { venueIds: 'venues' },
  versions: [asStored('v1', stored)],
})

let origin: TestApp
let reads: string[]
let failing: string | undefined
beforeAll(async () => {
  const application = defineApplication({
    name: 'expand',
    title: 'Expand',
    summary: 'Expansions.',
    resources: [events, venues, tours],
  })
  origin = await startTestApp({
    application,
    over: (repository) => ({
      ...bound(repository),
      async read(resource, id, call) {
        reads.push(id)
        return id === failing ? { kind: 'notDone', reason: 'busy' } : repository.read(resource, id, call)
      },
    }),
  })
})
afterAll(() => origin.stop())
beforeEach(() => {
  reads = []
  failing = undefined
})

const post = async (path: string, body: object, as: Principal = alice): Promise<string> => {
  const { status, json } = await origin.send('POST', `/v1/${path}`, { as, body })
  expect(status).toBe(201)
  return json.id
}
const venue = (name: string, open = true, as = alice) => post('venues', { name, open }, as)
const get = (path: string, as: Principal | undefined = undefined, headers = {}) =>
  origin.send('GET', `/v1/${path}`, { headers, ...(as !== undefined && { as }) })
const tagsOf = ({ headers }: Awaited<ReturnType<typeof get>>) => String(headers['cache-tag']).split(',')

it('includes the referenced documents, each by its own access rule', async () => {
  const [open, closed] = [await venue('Open'), await venue('Closed', false)]
  const id = await post('events', { title: 'E', venueId: closed, fallbackIds: [open, closed] })
  const own = await get(`events/${id}?expand=venueId,fallbackIds`, alice)
  expect(own.json).toMatchObject({ venueId: closed, fallbackIds: [open, closed] })
  expect(own.json.expanded).toMatchObject({
    venueId: { id: closed, name: 'Closed', ownerId: 'alice' },
    fallbackIds: [{ id: open, name: 'Open' }, { id: closed }],
  })
  const others = await get(`events/${id}?expand=venueId,fallbackIds&fields=title`, bob)
  expect(others.json).toEqual({
    id,
    title: 'E',
    expanded: { venueId: null, fallbackIds: [expect.objectContaining({ id: open }), null] },
  })
  expect((await get(`events/${id}`)).json.expanded).toBeUndefined()
})

it('shows null for a deleted document, and nothing for an empty reference', async () => {
  const gone = await venue('Gone')
  const id = await post('events', { title: 'E', venueId: gone })
  expect((await origin.send('DELETE', `/v1/venues/${gone}`, { as: alice })).status).toBe(204)
  const answer = await get(`events/${id}?expand=venueId,fallbackIds`)
  expect(answer.json.expanded).toEqual({ venueId: null })
  expect(tagsOf(answer)).toContain(`venues:${gone}`)
})

it('reads each referenced document of a list once, and has the tags of all', async () => {
  const [one, other] = [await venue('One'), await venue('Other')]
  for (const venueId of [one, one, other]) await post('events', { title: 'T', venueId })
  reads = []
  const answer = await get('events?expand=venueId&limit=100&count=true')
  expect(answer.status).toBe(400)
  const { work } = origin.metrics
  const rows = () => work.totals().find(({ route }) => route === '/v1/events')?.work.rows ?? 0
  const before = rows()
  const list = await get('events?expand=venueId&limit=100')
  expect(rows() - before).toBe(reads.length)
  const names = list.json.items.map(
    ({ venueId, expanded }: { venueId: string; expanded: { venueId: { id: string } | null } }) =>
      expanded.venueId === null || expanded.venueId.id === venueId,
  )
  expect(new Set(names)).toEqual(new Set([true]))
  expect(reads.length).toBe(new Set(reads).size)
  expect(reads).toEqual(expect.arrayContaining([one, other]))
  expect(tagsOf(list)).toEqual(expect.arrayContaining(['events:*', `venues:${one}`, `venues:${other}`]))
  expect(tagsOf(list).filter((tag) => tag.startsWith('venues@v1:'))).toHaveLength(1)
})

it('has the tag of all lists of the other resource if it includes more than a few of its documents', async () => {
  const venueIds = await Promise.all(Array.from({ length: 9 }, (_, index) => venue(`V${index}`)))
  const many = await post('tours', { venueIds })
  const few = await post('tours', { venueIds: venueIds.slice(1) })
  const tags = tagsOf(await get(`tours/${many}?expand=venueIds`, alice))
  expect(tags).toContain('venues:*')
  expect(tags.filter((tag) => /^venues:[^*]/.test(tag))).toEqual([])
  expect(tagsOf(await get(`tours/${few}?expand=venueIds`, alice))).toEqual(
    expect.arrayContaining(venueIds.slice(1).map((id) => `venues:${id}`)),
  )
  // Every write to such a document purges the tag of all lists.
  const { headers } = await origin.send('PATCH', `/v1/venues/${venueIds[0]}`, {
    as: alice,
    body: { name: 'W' },
  })
  expect(String(headers['spillway-purge-tag']).split(',')).toEqual([`venues:${venueIds[0]}`, 'venues:*'])
})

it('has an ETag that changes with the included documents, and that is valid in the If-Match of a write', async () => {
  const venueId = await venue('Before')
  const id = await post('events', { title: 'E', venueId })
  const path = `events/${id}?expand=venueId`
  const first = await get(path)
  const held = { 'if-none-match': String(first.headers.etag) }
  expect(first.headers.etag).not.toBe((await get(`events/${id}`)).headers.etag)
  expect((await get(path, undefined, held)).status).toBe(304)
  await origin.send('PATCH', `/v1/venues/${venueId}`, { as: alice, body: { name: 'After' } })
  const second = await get(path, undefined, held)
  expect([second.status, second.json.expanded.venueId.name]).toEqual([200, 'After'])
  const patch = (etag: unknown) =>
    origin.send('PATCH', `/v1/events/${id}`, {
      as: alice,
      body: { title: 'F' },
      headers: { 'if-match': String(etag) },
    })
  expect((await patch(second.headers.etag)).status).toBe(200)
  expect((await patch(second.headers.etag)).status).toBe(412)
})

it('is private at clients if the included documents are not public', async () => {
  const id = await post('events', { title: 'E', venueId: await venue('V') })
  const controlOf = async (path: string) => (await get(path)).headers['cache-control']
  expect(await controlOf(`events/${id}`)).toBe('public, no-cache')
  expect(await controlOf(`events/${id}?expand=venueId`)).toBe('private, no-cache')
  expect(await controlOf('events?expand=venueId')).toBe('private, no-cache')
})

it('fails as a whole if a referenced document cannot be read', async () => {
  failing = await venue('V')
  const id = await post('events', { title: 'E', venueId: await venue('W'), fallbackIds: [] })
  failing = (await get(`events/${id}`)).json.venueId
  for (const path of [`events/${id}?expand=venueId`, 'events?expand=venueId&limit=100']) {
    const { status, json } = await get(path)
    expect([status, json.code]).toEqual([503, 'overloaded'])
  }
})

it('is in OpenAPI for resources with references', async () => {
  const { json } = await origin.send('GET', '/openapi.json')
  const names = (path: string) => json.paths[path].get.parameters.map(({ name }: { name: string }) => name)
  expect([names('/v1/events'), names('/v1/events/{id}')].map((all) => all.includes('expand'))).toEqual([
    true,
    true,
  ])
  expect(names('/v1/venues')).not.toContain('expand')
  expect(json.components.schemas.EventsV1.properties.expanded.properties).toEqual({
    venueId: { anyOf: [{ $ref: '#/components/schemas/VenuesV1' }, { type: 'null' }] },
    fallbackIds: {
      type: 'array',
      items: { anyOf: [{ $ref: '#/components/schemas/VenuesV1' }, { type: 'null' }] },
    },
  })
})
