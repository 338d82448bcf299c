import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  anyone,
  asStored,
  defineApplication,
  headers as names,
  type Principal,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { notices } from '../../docs/model/example/notices.ts'
import { drainTimes } from '../../src/events/drain.ts'
import { readChanges } from '../../src/events/read-changes.ts'
import { type StartedEvents, startEvents } from '../../src/events/start-events.ts'
import { changesCollection } from '../../src/store/change-log.ts'
import { labels, tasks } from '../fixture/tasks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertionOf } from '../support/assertions.ts'
import { alice, bob } from '../support/client.ts'

const fileSchema = Type.Object({ text: Type.String({ maxLength: 100_000 }) })
const files = resource('files', {
  description: 'Large documents.',
  schema: fileSchema,
  access: { read: anyone, write: signedIn },
  events: true,
  versions: [asStored('v1', fileSchema)],
})

const application = defineApplication({
  name: 'feed',
  title: 'Feed',
  summary: 'Change feeds.',
  resources: [notices, tasks, labels, files],
})
const editor: Principal = { subject: 'edith', scopes: [], claims: { roles: ['editor'] } }

let origin: TestApp
let drain: StartedEvents
beforeAll(async () => {
  origin = await startTestApp({
    application,
    limit: 2,
    waiting: 100,
    feedBounds: { callerMax: 3, heartbeatMs: 100, stallMs: 400 },
  })
  const { db, pool } = origin.database
  drain = startEvents({
    ...{ db, bounds: pool.bounds, catalogue: application.resources, unreadyIndexes: () => [] },
    ...{ isBusy: () => false, holder: randomUUID(), observe: () => {} },
    times: { ...drainTimes, beatMs: 50, silenceMs: 1_000, idleMs: 10, pollMs: 20 },
  })
})
afterAll(async () => {
  await drain?.stop()
  await origin?.stop()
})

const patience = { timeout: 20_000, interval: 20 }

const notice = (more: object = {}) => ({ title: 'T', isPublished: true, remark: 'R', ...more })
const send = (method: string, path: string, as: Principal | undefined, body?: unknown) =>
  origin.send(method, `/v1/${path}`, { as, body })
const created = async (as: Principal, more?: object): Promise<string> =>
  (await send('POST', 'notices', as, notice(more))).json.id

/** Waits until every write is in the log. Returns the position of the last one. */
async function logged(): Promise<number> {
  await vi.waitFor(async () => {
    for (const { name } of [notices, tasks, files]) {
      const left = await origin.database.db
        .collection(name)
        .countDocuments({ '_out.since': { $exists: true } })
      expect(left).toBe(0)
    }
  }, patience)
  return readChanges(origin.database.db, origin.database.pool.bounds).lastPosition()
}

const changes = (as: Principal | undefined, after: number | string, more = '') =>
  send('GET', `notices/changes?after=${after}${more}`, as)

/** Types of what a caller is told of a document. */
async function toldOf(id: string, as: Principal | undefined, after: number): Promise<readonly string[]> {
  const { json } = await changes(as, after)
  return json.items.filter((item: { id: string }) => item.id === id).map(({ type }: { type: string }) => type)
}

/** A stream whose caller reads when the test does. */
async function open(after: number | string, as: Principal | undefined, more: object = {}, path = 'notices') {
  const headers = { [names.assertion]: await assertionOf(as), accept: 'text/event-stream', ...more }
  const sent = request({
    ...{
      host: '127.0.0.1',
      port: origin.port,
      path: `/v1/${path}/changes?after=${after}`,
      headers,
      agent: false,
    },
  })
  sent.end()
  // The cast is safe: the event has one argument, the answer.
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return answer
}

interface Seen {
  readonly events: readonly {
    readonly id: string
    readonly change: { readonly id: string; readonly type: string }
  }[]
  /** Last id, of an event or of a heartbeat. */
  readonly lastId: string | undefined
  readonly comments: number
}

/** Parses a stream as an `EventSource` does. */
function seenIn(text: string): Seen {
  const events: { id: string; change: { id: string; type: string } }[] = []
  let lastId: string | undefined
  let comments = 0
  for (const block of text.split('\n\n').slice(0, -1)) {
    let data: string | undefined
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments += 1
      if (line.startsWith('id: ')) lastId = line.slice(4)
      if (line.startsWith('data: ')) data = line.slice(6)
    }
    if (data !== undefined) events.push({ id: lastId ?? '', change: JSON.parse(data) })
  }
  return { events, lastId, comments }
}

async function until(answer: IncomingMessage, isEnough: (seen: Seen) => boolean): Promise<Seen> {
  let text = ''
  answer.setEncoding('utf8')
  for await (const chunk of answer) {
    text += chunk
    if (isEnough(seenIn(text))) break
  }
  answer.destroy()
  return seenIn(text)
}

describe('a page of changes', () => {
  it('tells writes in order, with the document as it is now, and where to go on', async () => {
    const from = await logged()
    const id = await created(alice)
    await send('PATCH', `notices/${id}`, alice, { title: 'New' })
    const last = await logged()
    const { status, headers, json } = await changes(alice, from)
    expect([status, headers['cache-control'], headers.vary]).toEqual([200, 'no-store', 'accept'])
    const { json: document, headers: read } = await send('GET', `notices/${id}`, alice)
    const shared = { id, document, etag: read.etag }
    expect(json).toEqual({
      items: [
        { ...shared, position: String(from + 1), type: 'created', version: 1, at: document.createdAt },
        {
          ...{ ...shared, position: String(last), type: 'updated', version: 2, at: document.updatedAt },
          changed: ['title'],
        },
      ],
      next: String(last),
      more: false,
    })
    expect((await changes(alice, json.next)).json).toEqual({ items: [], next: String(last), more: false })
    expect((await send('GET', 'notices/changes', alice)).json).toEqual({
      items: [],
      next: String(last),
      more: false,
    })
    // Another resource's changes move the position, and are not told.
    await send('POST', 'tasks', alice, { title: 't', done: 0 })
    expect((await changes(alice, await logged())).json.items).toEqual([])
  })

  it('has a hundred changes at most, and says that there are more', async () => {
    const from = await logged()
    const items = Array.from({ length: 60 }, (_, done) => ({ title: 't', done }))
    for (let batch = 0; batch < 2; batch += 1) await send('POST', 'tasks/batch', alice, { items })
    await logged()
    const told: string[] = []
    let after = String(from)
    for (;;) {
      const { json } = await send('GET', `tasks/changes?after=${after}`, undefined)
      told.push(...json.items.map(({ position }: { position: string }) => position))
      after = json.next
      if (!json.more) break
      expect(json.items).toHaveLength(100)
    }
    expect(told).toEqual(Array.from({ length: 120 }, (_, index) => String(from + 1 + index)))
  })

  it.each([
    ['notices/changes?after=x', 400, 'invalid-query', {}],
    ['notices/changes?after=999999999', 410, 'changes-expired', {}],
    ['notices/changes?after=0', 406, 'not-acceptable', { accept: 'text/html' }],
    ['notices/changes?after=0', 400, 'invalid-query', { 'last-event-id': 'x' }],
    ['labels/changes', 404, 'not-found', {}],
  ])('refuses %s with %i %s', async (path, status, code, headers) => {
    const answer = await origin.send('GET', `/v1/${path}`, { as: alice, headers })
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })

  it('has no other method', async () => {
    const { status, headers } = await send('DELETE', 'notices/changes', alice)
    expect([status, headers.allow]).toEqual([405, 'GET, OPTIONS'])
  })
})

describe('access', () => {
  it('tells a draft to its author alone, and to all once it is published', async () => {
    const from = await logged()
    const id = await created(alice, { isPublished: false })
    await logged()
    expect(await toldOf(id, alice, from)).toEqual(['created'])
    expect(await toldOf(id, bob, from)).toEqual([])
    expect(await toldOf(id, undefined, from)).toEqual([])
    await send('PATCH', `notices/${id}`, alice, { isPublished: true })
    await logged()
    // Tells earlier changes, too, with the document as it is now.
    expect(await toldOf(id, bob, from)).toEqual(['created', 'updated'])
  })

  it('tells of a document that was taken away no more than of a deleted one, and nothing of what came before', async () => {
    const from = await logged()
    const id = await created(alice)
    await send('PATCH', `notices/${id}`, alice, { title: 'Secret', isPublished: false })
    const hiddenAt = await logged()
    const { json } = await changes(bob, from)
    expect(json.items).toEqual([{ position: String(hiddenAt), id, at: expect.any(String), type: 'deleted' }])
    await send('PATCH', `notices/${id}`, alice, { title: 'More secret' })
    await logged()
    expect(await toldOf(id, bob, hiddenAt)).toEqual([])
    expect(await toldOf(id, alice, from)).toEqual(['created', 'updated', 'updated'])
  })

  it('tells of a deletion, by the id alone, those who could read the document, and nobody else', async () => {
    const from = await logged()
    const draft = await created(alice, { isPublished: false })
    const shown = await created(alice)
    for (const id of [draft, shown]) await send('DELETE', `notices/${id}`, alice)
    await logged()
    expect([await toldOf(draft, alice, from), await toldOf(shown, alice, from)]).toEqual([
      ['deleted'],
      ['deleted'],
    ])
    expect([await toldOf(draft, bob, from), await toldOf(shown, bob, from)]).toEqual([[], ['deleted']])
    const { json } = await changes(bob, from)
    expect(Object.keys(json.items[0])).toEqual(['position', 'id', 'at', 'type'])
  })

  it('leaves out hidden fields, and their names', async () => {
    const from = await logged()
    const id = await created(alice)
    await send('PATCH', `notices/${id}`, alice, { title: 'New', remark: 'hush' })
    await logged()
    const updateFor = async (as: Principal) => (await changes(as, from)).json.items[1]
    expect(await updateFor(bob)).toMatchObject({ changed: ['title'] })
    expect((await updateFor(bob)).document).not.toHaveProperty('remark')
    for (const as of [alice, editor]) {
      expect(await updateFor(as)).toMatchObject({
        changed: ['title', 'remark'],
        document: { remark: 'hush' },
      })
    }
  })

  it('holds for a restored document', async () => {
    const from = await logged()
    const { json: task } = await send('POST', 'tasks', alice, { title: 't', done: 0 })
    await send('DELETE', `tasks/${task.id}`, alice)
    await send('POST', `tasks/${task.id}/restore`, alice)
    await logged()
    const { json } = await send('GET', `tasks/changes?after=${from}`, undefined)
    expect(json.items.map(({ type }: { type: string }) => type)).toEqual(['created', 'deleted', 'restored'])
  })
})

describe('a reader who waits', () => {
  it('is told a change when it happens, and holds no permit meanwhile', async () => {
    const from = await logged()
    const waiting: ReturnType<typeof changes>[] = []
    // One after the other: a slow machine would refuse the third of three that come at once to two permits.
    for (const as of [alice, bob, editor]) {
      waiting.push(changes(as, from, '&wait=25'))
      await vi.waitFor(() => expect(origin.metrics.feedReaders()).toBe(waiting.length), patience)
    }
    // More readers wait than the origin admits requests, and it serves others.
    const id = await created(alice, { isPublished: false })
    await logged()
    expect(origin.metrics.feedReaders()).toBeGreaterThanOrEqual(2)
    expect(origin.admission.snapshot(performance.now()).inflight).toBe(0)
    await send('PATCH', `notices/${id}`, alice, { isPublished: true })
    const told = await Promise.all(waiting)
    for (const { status, json } of told) {
      expect([status, json.items[0].id, json.items[0].document.id]).toEqual([200, id, id])
    }
    await vi.waitFor(() => expect(origin.metrics.feedReaders()).toBe(0), patience)
  })

  it('has the head of the answer before there is a change: no edge waits longer for it', async () => {
    const from = await logged()
    const answer = await open(`${from}&wait=25`, bob, { accept: 'application/json' })
    expect(answer.statusCode).toBe(200)
    const id = await created(alice, { isPublished: true })
    expect(JSON.parse(await text(answer)).items).toEqual([expect.objectContaining({ id })])
  })

  it('gets an empty page when the time is over, which moves on beyond the changes of others', async () => {
    const from = await logged()
    const waiting = changes(bob, from, '&wait=2')
    await vi.waitFor(() => expect(origin.metrics.feedReaders()).toBe(1), patience)
    await created(alice, { isPublished: false })
    const last = await logged()
    const { json } = await waiting
    expect(json.items).toEqual([])
    expect(Number(json.next)).toBeGreaterThanOrEqual(from)
    expect(Number(json.next)).toBeLessThanOrEqual(last)
  })

  it('ends when the edge says that its token expires', async () => {
    const path = `/v1/notices/changes?after=${await logged()}&wait=25`
    const waited = await origin.send('GET', path, { as: bob, headers: { [names.feedMs]: '1' } })
    expect([waited.status, waited.json.items]).toEqual([200, []])
    const stream = await open(await logged(), bob, { [names.feedMs]: '50' })
    const { lastId } = await until(stream, () => false)
    expect(stream.complete).toBe(true)
    expect(lastId).toMatch(/^\d+$/)
  })

  it('is one of a bounded number', async () => {
    const from = await logged()
    const streams = await Promise.all([1, 2, 3].map(() => open(from, bob)))
    const refused = await changes(bob, from, '&wait=25')
    expect([refused.status, refused.json.code]).toEqual([429, 'rate-limited'])
    expect((await changes(bob, from)).status).toBe(200)
    for (const stream of streams) stream.destroy()
    await vi.waitFor(() => expect(origin.metrics.feedReaders()).toBe(0), patience)
  })
})

describe('a stream', () => {
  it('tells changes as they happen, and goes on after the last id', async () => {
    const from = await logged()
    const first = await created(alice)
    await logged()
    const stream = await open(from, bob)
    expect(stream.headers['content-type']).toBe('text/event-stream')
    const second = created(alice)
    const seen = await until(stream, ({ events }) => events.length === 2)
    expect(seen.events.map(({ change }) => change.id)).toEqual([first, await second])
    const third = await created(alice)
    const lastId = { 'last-event-id': seen.events[0]?.id }
    const { events } = await until(await open(from, bob, lastId), ({ events }) => events.length === 2)
    expect(events.map(({ change }) => change.id)).toEqual([await second, third])
  })

  it('has heartbeats, which move the position of a reader who is told nothing', async () => {
    const from = await logged()
    await created(alice, { isPublished: false })
    const last = await logged()
    const isThere = ({ lastId, comments }: Seen) => lastId === String(last) && comments >= 3
    const { events, comments } = await until(await open(from, bob), isThere)
    expect(events).toEqual([])
    expect(comments).toBeGreaterThanOrEqual(3)
  })

  it('cuts off a reader who takes nothing, who then goes on without a gap', async () => {
    const from = await logged()
    // More than the buffers of both sockets take.
    const text = 'x'.repeat(100_000)
    const count = 200
    for (let made = 0; made < count; made += 2) {
      await send('POST', 'files/batch', alice, { items: [{ text }, { text }] })
    }
    const last = await logged()
    const stalled = await open(from, alice, {}, 'files')
    stalled.setEncoding('utf8')
    let before = ''
    stalled.on('error', () => {})
    stalled.on('data', (chunk) => {
      before += chunk
      if (before.length > 300_000) stalled.pause()
    })
    await vi.waitFor(() => expect(origin.metrics.feedReaders()).toBe(0), patience)
    stalled.destroy()
    const { events, lastId } = seenIn(before)
    expect(events.length).toBeGreaterThan(0)
    expect(events.length).toBeLessThan(count)
    expect(lastId).toBe(events.at(-1)?.id)
    const all = [...events]
    // On a busy machine this reader may be too slow as well; then it goes on again.
    for (let at = lastId; Number(at) < last; ) {
      const stream = await open(from, alice, { 'last-event-id': at }, 'files')
      stream.setEncoding('utf8')
      let after = ''
      // Searches each chunk once: a search of all 20 MB for each of them takes ten seconds.
      const mark = `\nid: ${last}\n`
      let isTold = false
      let tail = ''
      try {
        for await (const chunk of stream) {
          after += chunk
          tail += chunk
          isTold ||= tail.includes(mark)
          if (isTold && tail.endsWith('\n\n')) break
          tail = tail.slice(-mark.length)
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'ECONNRESET' })
      }
      const more = seenIn(after)
      all.push(...more.events)
      at = more.lastId ?? at
    }
    const told = all.map(({ id }) => Number(id))
    expect(told).toEqual(Array.from({ length: last - from }, (_, index) => from + 1 + index))
  })
})

describe('another process', () => {
  let other: TestApp
  beforeAll(async () => {
    other = await startTestApp({ application, database: origin.database })
  })
  afterAll(() => other?.stop())

  it('refuses a position after which changes are no longer kept, with the remedy', async () => {
    const changes = (as: Principal, after: number) =>
      other.send('GET', `/v1/notices/changes?after=${after}`, { as })
    const from = await logged()
    await created(alice)
    await created(alice)
    const last = await logged()
    const log = origin.database.db.collection<{ _id: number; logged: Date }>(changesCollection)
    const age = (days: number) => new Date(Date.now() - days * 86_400_000)
    await log.updateOne({ _id: from + 1 }, { $set: { logged: age(8) } })
    const { status, json } = await changes(alice, from)
    expect([status, json.code]).toEqual([410, 'changes-expired'])
    expect(json.detail).toContain('list the documents again')
    expect((await changes(alice, from + 1)).json.items).toHaveLength(1)
    await log.deleteOne({ _id: from + 1 })
    expect((await changes(alice, from)).status).toBe(410)
    expect((await changes(alice, last)).status).toBe(200)
  })

  it('ends every reader when it ends, with a position to go on from', async () => {
    const from = await logged()
    const waiting = other.send('GET', `/v1/notices/changes?after=${from}&wait=25`, { as: bob })
    await vi.waitFor(() => expect(other.metrics.feedReaders()).toBe(1), patience)
    const closed = other.app.close()
    expect((await waiting).json).toEqual({ items: [], next: String(from), more: false })
    await closed
  })
})

it('follows the page on events', () => {
  const folder = join(import.meta.dirname, '../../docs/model')
  const page = readFileSync(join(folder, 'events.md'), 'utf8')
  expect(page).toContain(readFileSync(join(folder, 'example/notices.ts'), 'utf8'))
})
