import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asStored, defineApplication, type Principal, resource } from '@spillway/origin/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { events } from '../docs/model/example/events.ts'
import { orders } from '../docs/model/example/orders.ts'
import { venues } from '../docs/model/example/venues.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'

/** The same resource with a bound that the test can exceed. */
const few = resource('few', {
  description: 'Few.',
  schema: orders.schema,
  access: orders.access,
  cache: { maxAge: '10s' },
  query: { filter: ['status'], sort: ['placedOn'], countMax: 3 },
  indexes: [...orders.indexes],
  versions: [asStored('v1', orders.schema, { readOnly: ['customerId'] })],
})
const clerk: Principal = { subject: 'cleo', scopes: [], claims: { roles: ['clerk'] } }

let origin: TestApp
let counted: number
let isDown: boolean
beforeAll(async () => {
  const application = defineApplication({
    name: 'count',
    title: 'Count',
    summary: 'Counts.',
    resources: [orders, few, events, venues],
  })
  origin = await startTestApp({
    application,
    over: (repository) => ({
      ...bound(repository),
      count: async (...parts) => {
        counted += 1
        return isDown ? { kind: 'notDone', reason: 'busy' } : repository.count(...parts)
      },
    }),
  })
  for (const name of ['orders', 'few']) {
    for (const [index, as] of [alice, alice, alice, alice, bob].entries()) {
      const body = { status: index === 0 ? 'paid' : 'open', placedOn: `2026-11-0${index + 1}`, totalCents: 1 }
      expect((await origin.send('POST', `/v1/${name}`, { as, body })).status).toBe(201)
    }
  }
})
afterAll(() => origin.stop())
beforeEach(() => {
  counted = 0
  isDown = false
})

const list = (path: string, as: Principal = clerk) => origin.send('GET', `/v1/${path}`, { as })
const countOf = async (path: string, as?: Principal) => (await list(path, as)).json.count

it('counts all documents that filters and access rules leave, whatever the page', async () => {
  expect(await countOf('orders?count=true&limit=2')).toEqual({ value: 5, relation: 'eq' })
  expect(await countOf('orders?count=true&limit=2', alice)).toEqual({ value: 4, relation: 'eq' })
  expect(await countOf('orders?count=true&limit=2&status=open')).toEqual({ value: 4, relation: 'eq' })
  expect(await countOf('orders?count=true&status=sent')).toEqual({ value: 0, relation: 'eq' })
})

it('reports a lower bound beyond countMax, and the exact number at countMax', async () => {
  expect(await countOf('few?count=true&limit=2')).toEqual({ value: 3, relation: 'gte' })
  expect(await countOf('few?count=true&limit=2&status=open', alice)).toEqual({ value: 3, relation: 'eq' })
})

it('counts a single page without a query', async () => {
  expect(await countOf('orders?count=true')).toEqual({ value: 5, relation: 'eq' })
  expect(counted).toBe(0)
})

it('counts the whole list from a later page, by a cursor of the list without a count', async () => {
  const { json } = await list('orders?limit=4&sort=placedOn')
  expect(json.count).toBeUndefined()
  const last = await list(`orders?limit=4&sort=placedOn&count=true&cursor=${json.nextCursor}`)
  expect([last.json.items.length, last.json.count]).toEqual([1, { value: 5, relation: 'eq' }])
})

it('has a cache key of its own, with the tags of the list', async () => {
  const [plain, withCount] = [await list('orders?status=open'), await list('orders?status=open&count=true')]
  expect(withCount.headers['cache-tag']).toBe(plain.headers['cache-tag'])
  expect(withCount.headers.etag).not.toBe(plain.headers.etag)
})

it('fails as a whole if the count fails', async () => {
  isDown = true
  const { status, json } = await list('orders?count=true&limit=2')
  expect([status, json.code]).toEqual([503, 'overloaded'])
})

it('is an unknown parameter without countMax, and accepts only true', async () => {
  const unknown = await list('venues?count=true')
  expect([unknown.status, unknown.json.errors]).toEqual([
    400,
    [{ parameter: 'count', detail: 'Unknown parameter. Supported: sort, fields, limit, cursor.' }],
  ])
  const { json } = await list('orders?count=exact')
  expect(json.errors).toEqual([{ parameter: 'count', detail: 'Must be true, or be omitted.' }])
})

it('is in OpenAPI only with countMax', async () => {
  const { json } = await origin.send('GET', '/openapi.json')
  const names = (path: string) => json.paths[path].get.parameters.map(({ name }: { name: string }) => name)
  expect(names('/v1/orders')).toContain('count')
  expect(names('/v1/venues')).not.toContain('count')
  const { schema } = json.paths['/v1/orders'].get.responses[200].content['application/json']
  const page = json.components.schemas[schema.$ref.split('/').at(-1)]
  expect(page.properties.count).toEqual({ $ref: '#/components/schemas/Count' })
  expect(json.components.schemas.Count.required).toEqual(['value', 'relation'])
})

it('the documentation page shows the example of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/orders.ts'), 'utf8')
  expect(readFileSync(join(folder, 'counting.md'), 'utf8')).toContain(example)
})
