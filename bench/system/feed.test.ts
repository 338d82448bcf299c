import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@spillway/origin/client'
import { defineApplication } from '@spillway/origin/contract'
import { events } from '@spillway/origin/example/events'
import { notices } from '@spillway/origin/example/notices'
import { orders } from '@spillway/origin/example/orders'
import { venues } from '@spillway/origin/example/venues'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type StartedEvents, startEvents } from '../../origin/src/events/start-events.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** Change feeds through edge, origin and database: the example of the page on events. */

const application = defineApplication({
  name: 'model',
  title: 'Model',
  summary: 'Examples.',
  resources: [events, venues, orders, notices],
})
let stack: ExampleStack
let drain: StartedEvents

beforeAll(async () => {
  stack = await startExampleStack({
    worker: 'model-worker',
    app: { application },
    people: { ann: {}, bob: {} },
  })
  const { db, pool } = stack.origin.database
  drain = startEvents({
    ...{ db, bounds: pool.bounds, catalogue: application.resources, unreadyIndexes: () => [] },
    ...{ isBusy: () => false, holder: 'test', observe: () => {} },
  })
})
afterAll(async () => {
  await drain?.stop()
  await stack?.stop()
})

const patience = { timeout: 30_000, interval: 50 }

const write = (isPublished: boolean) =>
  stack.send('ann', 'POST', '/v1/notices', { body: { title: 'T', isPublished, remark: 'R' } })
const ask = (who: string | undefined, query: string) => stack.send(who, 'GET', `/v1/notices/changes?${query}`)
const now = async (): Promise<string> => (await ask('ann', '')).json.next
const readers = (): number => stack.origin.metrics.feedReaders()

/** A stream of a caller. */
const open = (token: string, after: string) =>
  fetch(`${stack.url}/v1/notices/changes?after=${after}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  })

test('each caller waits for itself, and is told what it may read, which nothing stores', async () => {
  const after = await now()
  const waiting = ['ann', 'bob', undefined].map((who) => ask(who, `after=${after}&wait=25`))
  await vi.waitFor(() => expect(readers()).toBe(3), patience)
  const { json: draft } = await write(false)
  const { json: shown } = await write(true)
  const [ann, ...others] = await Promise.all(waiting)
  expect([ann?.status, ann?.isHit, ann?.json.items[0].id]).toEqual([200, false, draft.id])
  expect(ann?.json.items[0].document.remark).toBe('R')
  for (const { json, isHit } of others) {
    expect([json.items.length, json.items[0].id, isHit]).toEqual([1, shown.id, false])
    expect(json.items[0].document).not.toHaveProperty('remark')
  }
  await stack.send('ann', 'PATCH', `/v1/notices/${shown.id}`, { body: { isPublished: false } })
  await vi.waitFor(async () => {
    const { json } = await ask('bob', `after=${after}`)
    expect(json.items).toEqual([expect.objectContaining({ id: shown.id, type: 'deleted' })])
  }, patience)
})

test('a stream passes through the edge as it comes, and ends at the origin when its reader leaves', async () => {
  const after = await now()
  const { hostname, port } = new URL(stack.url)
  const socket = createConnection(Number(port), hostname)
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  const fields = `Host: ${hostname}\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${stack.tokens.get('bob')}`
  socket.write(`GET /v1/notices/changes?after=${after} HTTP/1.1\r\n${fields}\r\n\r\n`)
  await vi.waitFor(() => expect(text).toContain('heartbeat'), patience)
  expect(text).toMatch(/^HTTP\/1.1 200 /)
  expect(text.toLowerCase()).toContain('content-type: text/event-stream\r\n')
  const { json } = await write(true)
  await vi.waitFor(() => expect(text).toContain(json.id), patience)
  expect(text).toMatch(/\nid: \d+\ndata: \{.*\}\n\n/)
  expect(readers()).toBe(1)
  // The edge sees a reset when a client closes an HTTP/2 stream.
  socket.resetAndDestroy()
  await vi.waitFor(() => expect(readers()).toBe(0), patience)
})

test('a stream ends with the token, and the next request needs another one', async () => {
  const after = await now()
  // Five seconds are tolerated after it has expired.
  const token = await stack.mint('bob', { exp: Math.floor(Date.now() / 1_000) - 2 })
  const answer = await open(token, after)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain(': end')
  await vi.waitFor(async () => expect((await open(token, after)).status).toBe(401), patience)
})

test.each([
  ['after=x', {}, 400, 'invalid-query'],
  ['after=999999999', {}, 410, 'changes-expired'],
  ['after=1', { 'last-event-id': 'x'.repeat(50) }, 400, 'invalid-query'],
  ['after=1', { accept: 'text/html' }, 406, 'not-acceptable'],
])('refuses %s with %j by %i %s', async (query, headers, status, code) => {
  const answer = await stack.send('ann', 'GET', `/v1/notices/changes?${query}`, { headers })
  expect([answer.status, answer.json.code]).toEqual([status, code])
})

test('the typed client follows changes, from a position and across answers', async () => {
  const after = await now()
  const { v1 } = connect<typeof application>({ url: stack.url, token: stack.tokens.get('ann') as string })
  const leaving = new AbortController()
  const ids: string[] = []
  const told: string[] = []
  const writing = (async () => {
    for (let count = 0; count < 3; count += 1) {
      ids.push((await write(count % 2 === 0)).json.id)
      await sleep(300)
    }
  })()
  for await (const change of v1.notices.changes({ after, signal: leaving.signal })) {
    told.push(change.type === 'deleted' ? '' : `${change.document.title} ${change.id}`)
    if (told.length === 3) break
  }
  await writing
  expect(told).toEqual(ids.map((id) => `T ${id}`))
  leaving.abort()
  const more = v1.notices.changes({ signal: leaving.signal })[Symbol.asyncIterator]()
  await expect(more.next()).rejects.toMatchObject({ name: 'AbortError' })
  const old = v1.notices.changes({ after: '999999999' })[Symbol.asyncIterator]()
  await expect(old.next()).rejects.toMatchObject({ code: 'changes-expired', status: 410 })
})
