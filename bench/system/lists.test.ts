import { setTimeout as sleep } from 'node:timers/promises'
import { defineApplication } from '@spillway/origin/contract'
import { events } from '@spillway/origin/example/events'
import { notices } from '@spillway/origin/example/notices'
import { orders } from '@spillway/origin/example/orders'
import { venues } from '@spillway/origin/example/venues'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bound } from '../../origin/test/support/app.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** References and lists through edge, cache, origin and database: the examples of origin/docs/model. */

let stack: ExampleStack
/** Documents that lists and exports have read. */
let listed = 0
/** Members of the database that lists and exports were read from. */
const readFrom: (string | undefined)[] = []

/** Roles by name. */
const people = { ann: [], bob: [], cleo: ['clerk'], carl: ['clerk', 'auditor'] } as const
type Person = keyof typeof people | 'nobody'

beforeAll(async () => {
  const application = defineApplication({
    name: 'model',
    title: 'Model',
    summary: 'Examples.',
    resources: [events, venues, orders, notices],
  })
  stack = await startExampleStack({
    worker: 'model-worker',
    app: {
      application,
      over: (repository) => ({
        ...bound(repository),
        async list(...parts) {
          readFrom.push(parts[3].from)
          const outcome = await repository.list(...parts)
          if (outcome.kind === 'page') listed += outcome.documents.length
          return outcome
        },
      }),
    },
    people: Object.fromEntries(Object.entries(people).map(([name, roles]) => [name, { roles }])),
  })
})

afterAll(() => stack?.stop())

const send = (who: Person, method: string, path: string, body?: object) =>
  stack.send(who, method, path, { body })

const order = (status: string) => ({ status, placedOn: '2026-11-29', totalCents: 4_200 })

test('tells a writer which reference names nothing that they may read', async () => {
  const { json: venue } = await send('ann', 'POST', '/v1/venues', { name: 'V', open: false })
  const event = (who: Person) => send(who, 'POST', '/v1/events', { title: 'E', venueId: venue.id })
  expect((await event('ann')).status).toBe(201)
  const { status, json } = await event('bob')
  expect([status, json.errors[0].pointer]).toEqual([422, '/venueId'])
})

test('stores a counted list for whom it is the same, and counts again after a write', async () => {
  const list = (who: Person) => send(who, 'GET', '/v1/orders?status=open&count=true&limit=1')
  for (const who of ['ann', 'ann', 'bob'] as const) {
    expect((await send(who, 'POST', '/v1/orders', order('open'))).status).toBe(201)
  }
  expect(await list('cleo')).toMatchObject({ isHit: false, json: { count: { value: 3, relation: 'eq' } } })
  expect(await list('carl')).toMatchObject({ isHit: true, json: { count: { value: 3, relation: 'eq' } } })
  expect(await list('ann')).toMatchObject({ isHit: false, json: { count: { value: 2, relation: 'eq' } } })
  await send('bob', 'POST', '/v1/orders', order('open'))
  expect(await list('carl')).toMatchObject({ isHit: false, json: { count: { value: 4, relation: 'eq' } } })
})

test('shows nobody a document that a reference names and they may not read, in whatever order people ask', async () => {
  const { json: venue } = await send('ann', 'POST', '/v1/venues', { name: 'V', open: false })
  const { json: event } = await send('ann', 'POST', '/v1/events', { title: 'E', venueId: venue.id })
  const paths = [`/v1/events/${event.id}?expand=venueId`, '/v1/events?expand=venueId']
  const shownTo = async (who: Person, path: string) => {
    const { json } = await send(who, 'GET', path)
    const shown = (json.items ?? [json]).find(({ id }: { id: string }) => id === event.id)
    return shown.expanded.venueId?.name
  }
  const everybody: readonly Person[] = ['ann', 'bob', 'nobody', 'cleo']
  for (let first = 0; first < everybody.length * 2; first += 1) {
    for (const index of everybody.keys()) {
      const who = everybody[(first + index) % everybody.length] as Person
      for (const path of paths) {
        expect([who, path, await shownTo(who, path)]).toEqual([who, path, who === 'ann' ? 'V' : undefined])
      }
    }
  }
})

test('stores an expanded answer, and drops it when a document changes that it shows or may show', async () => {
  const { json: venue } = await send('ann', 'POST', '/v1/venues', { name: 'Before', open: false })
  const { json: event } = await send('ann', 'POST', '/v1/events', { title: 'E', venueId: venue.id })
  const paths = [`/v1/events/${event.id}?expand=venueId`, '/v1/events?expand=venueId']
  const patch = (body: object) => send('ann', 'PATCH', `/v1/venues/${venue.id}`, body)
  const names = (who: Person) =>
    Promise.all(
      paths.map(async (path) => {
        const { json } = await send(who, 'GET', path)
        const shown = (json.items ?? [json]).find(({ id }: { id: string }) => id === event.id)
        return shown.expanded.venueId?.name
      }),
    )
  expect([await names('nobody'), await names('bob')]).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ])
  await patch({ open: true })
  expect([await names('nobody'), await names('bob')]).toEqual([
    ['Before', 'Before'],
    ['Before', 'Before'],
  ])
  await patch({ name: 'After' })
  expect([await names('nobody'), await names('ann')]).toEqual([
    ['After', 'After'],
    ['After', 'After'],
  ])
  expect((await send('nobody', 'GET', paths[0] as string)).isHit).toBe(true)
  await patch({ open: false })
  expect([await names('nobody'), await names('ann')]).toEqual([
    [undefined, undefined],
    ['After', 'After'],
  ])
  await send('ann', 'DELETE', `/v1/venues/${venue.id}`)
  expect(await names('ann')).toEqual([undefined, undefined])
})

const take = (who: Person, accept: string, query = '', init: RequestInit = {}) =>
  fetch(`${stack.url}/v1/orders${query}`, {
    ...init,
    headers: { accept, ...(stack.tokens.has(who) && { authorization: `Bearer ${stack.tokens.get(who)}` }) },
  })

test('passes an export on, stores nothing of it, and lets nobody have it but whom its rule names', async () => {
  await send('ann', 'POST', '/v1/orders', { ...order('paid'), note: '=1' })
  const csv = await take('cleo', 'text/csv', '?status=paid&fields=note')
  const text = await csv.text()
  expect([csv.status, csv.headers.get('content-type'), csv.headers.get('cache-control')]).toEqual([
    200,
    'text/csv; charset=utf-8',
    'no-store',
  ])
  expect(csv.headers.get('cache-status')).toBeNull()
  expect(text).toMatch(/^id,note\r\n[0-9a-f-]{36},'=1\r\n$/)
  await send('ann', 'POST', '/v1/orders', { ...order('paid'), note: 'x' })
  expect(
    (await (await take('carl', 'text/csv', '?status=paid&fields=note')).text()).split('\r\n'),
  ).toHaveLength(4)
  const ordered = await (await take('cleo', 'text/csv', '?fields=totalCents,placedOn,id')).text()
  expect(ordered.split('\r\n')[0]).toBe('totalCents,placedOn,id')
  const refused = [await take('ann', 'text/csv'), await take('nobody', 'text/csv')]
  expect(refused.map(({ status }) => status)).toEqual([403, 401])
  const invalid = await take('cleo', 'text/csv', '?limit=5')
  expect([invalid.status, ((await invalid.json()) as { code: string }).code]).toEqual([400, 'invalid-query'])
  // The same path as JSON is a stored list, as before.
  expect((await take('cleo', 'text/html, */*', '?status=paid')).headers.get('content-type')).toContain('json')
})

test('reads an export from a reader, unless its caller shows a write of its own or asks for JSON', async () => {
  const answer = await fetch(`${stack.url}/v1/orders`, {
    method: 'POST',
    body: JSON.stringify(order('paid')),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.tokens.get('cleo')}` },
  })
  const [token, cookie] = [answer.headers.get('spillway-consistency'), answer.headers.get('set-cookie')]
  const from = async (accept: string, own: Readonly<Record<string, string>> = {}) => {
    readFrom.length = 0
    const headers = { accept, authorization: `Bearer ${stack.tokens.get('cleo')}`, ...own }
    await (await fetch(`${stack.url}/v1/orders?status=paid&fields=note`, { headers })).text()
    return [...new Set(readFrom)]
  }
  expect(answer.status).toBe(201)
  expect(await from('text/csv')).toEqual(['reader'])
  expect(await from('text/csv', { 'spillway-consistency': token ?? '' })).toEqual([undefined])
  expect(await from('text/csv', { cookie: cookie?.split(';')[0] ?? '' })).toEqual([undefined])
  // A client cannot say so itself.
  expect(await from('text/csv', { 'spillway-consistency': token ?? '', 'spillway-may-lag': '1' })).toEqual([
    undefined,
  ])
  expect(await from('application/json')).toEqual([undefined])
})

test('streams an export through the edge as its caller takes it, and ends it when they leave', async () => {
  const rows = 30_000
  const { db } = stack.origin.database
  const record = (index: number) => ({
    ...{ _id: `o${String(index).padStart(6, '0')}`, _v: 1, _w: [], _created: '', _updated: '' },
    ...{ customerId: 'dan', status: 'sent', placedOn: '2026-11-01', totalCents: 1, note: 'n'.repeat(1_000) },
  })
  for (let from = 0; from < rows; from += 5_000) {
    const batch = Array.from({ length: 5_000 }, (_, index) => record(from + index))
    await db.collection('orders').insertMany(batch as never)
  }
  const before = listed
  const whole = await take('cleo', 'application/x-ndjson', '?status=sent')
  let bytes = 0
  let lines = 0
  for await (const chunk of whole.body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength
    for (const byte of chunk) if (byte === 10) lines += 1
    // Rows that were read and have not arrived are in buffers, which hold less than half of 33 MB.
    expect((listed - before) * 1_100 - bytes).toBeLessThan(24_000_000)
  }
  expect([lines, listed - before]).toEqual([rows, rows])
  const left = new AbortController()
  const asked = listed
  const part = await take('cleo', 'application/x-ndjson', '?status=sent', { signal: left.signal })
  await part.body?.getReader().read()
  left.abort()
  await untilStill()
  expect(listed - asked).toBeLessThan(rows)
  // Its place is free: a caller has two at the same time, and not two more beside one that goes on.
  await vi.waitFor(async () => {
    const leave = new AbortController()
    const ask = () => take('cleo', 'application/x-ndjson', '?status=sent', { signal: leave.signal })
    const both = await Promise.all([ask(), ask()])
    leave.abort()
    expect(both.map(({ status }) => status)).toEqual([200, 200])
  }, 60_000)
})

/** Waits until no more is read. */
async function untilStill(): Promise<void> {
  let stillFor = 0
  for (let last = -1; stillFor < 20; await sleep(20)) {
    stillFor = listed === last ? stillFor + 1 : 0
    last = listed
  }
}
