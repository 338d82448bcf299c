import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { drainTimes } from '../../src/events/drain.ts'
import { readChanges } from '../../src/events/read-changes.ts'
import { type StartedEvents, startEvents } from '../../src/events/start-events.ts'
import { isBusy } from '../../src/overload/yields.ts'
import { type Change, ChangeLog, changesCollection, type Entry } from '../../src/store/change-log.ts'
import { comparedFrom, eventsMax } from '../../src/store/outbox.ts'
import { notes, taskApplication, taskServer, tasks } from '../fixture/tasks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice, bob } from '../support/client.ts'

const times = { ...drainTimes, beatMs: 50, silenceMs: 1_000, idleMs: 10, pollMs: 20 }

let origin: TestApp
const running: StartedEvents[] = []
beforeAll(async () => {
  origin = await startTestApp({ application: taskApplication, server: taskServer })
})
afterAll(() => origin.stop())
afterEach(async () => {
  for (const drain of running.splice(0)) await drain.stop()
})

const idle = { utilization: 0, queueMs: 0, shed: 0 }

/** Drains as a process of its own would. */
function drain(load = idle): StartedEvents {
  const started = startEvents({
    db: origin.database.db,
    bounds: origin.database.pool.bounds,
    catalogue: taskApplication.resources,
    unreadyIndexes: () => [],
    isBusy: () => isBusy(load),
    holder: randomUUID(),
    observe: () => {},
    times,
  })
  running.push(started)
  return started
}

const log = () => new ChangeLog(origin.database.db, origin.database.pool.bounds)

async function until(isReached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached within 20 s')
    await sleep(10)
  }
}

const stored = (resource: { readonly name: string }, id: string) =>
  origin.database.db
    .collection<{ _id: string; _out?: unknown; _expires?: Date }>(resource.name)
    .findOne({ _id: id })

/** Changes of a document in the order of the log. */
const changesOf = (id: string): Promise<Change[]> =>
  origin.database.db.collection<Change>(changesCollection).find({ document: id }).sort({ _id: 1 }).toArray()

/** Drains until nothing is pending in any document. */
async function drained(): Promise<void> {
  const own = running.length === 0 ? drain() : undefined
  await until(async () => {
    const left = [notes, tasks].map(({ name }) =>
      origin.database.db.collection(name).countDocuments({ '_out.since': { $exists: true } }),
    )
    return (await Promise.all(left)).every((count) => count === 0)
  })
  if (own !== undefined) {
    running.splice(running.indexOf(own), 1)
    await own.stop()
  }
}

async function newTask(title = 'Sweep'): Promise<string> {
  const made = await origin.send('POST', '/v1/tasks', { as: alice, body: { title, done: 0 } })
  expect(made.status).toBe(201)
  return made.json.id
}

describe('a write has its event', () => {
  it('for a create, a patch, a replacement and a final deletion, in order, with caller and changed fields', async () => {
    const made = await origin.send('POST', '/v1/notes', { as: alice, body: { text: 'a', isShared: true } })
    const path = String(made.headers.location)
    const { id } = made.json
    await origin.send('PATCH', path, { as: alice, body: { text: 'b' } })
    await origin.send('PUT', path, { as: alice, body: { text: 'b', isShared: false } })
    expect((await origin.send('DELETE', path, { as: alice })).status).toBe(204)
    const tombstone = await stored(notes, id)
    expect(tombstone?._expires).toBeUndefined()
    await drained()
    const told = (await changesOf(id)).map(({ type, version, by, changed, was }) => ({
      type,
      version,
      by,
      changed,
      was,
    }))
    expect(told).toEqual([
      { type: 'created', version: 1, by: 'alice' },
      { type: 'updated', version: 2, by: 'alice', changed: ['text'] },
      {
        type: 'updated',
        version: 3,
        by: 'alice',
        changed: ['isShared'],
        was: { isShared: true, ownerId: 'alice' },
      },
      { type: 'deleted', version: 3, by: 'alice', was: { isShared: false, ownerId: 'alice' } },
    ])
    const after = await stored(notes, id)
    expect(after?._out).toBeUndefined()
    expect(after?._expires).toBeInstanceOf(Date)
  })

  it('for a deletion that is undone, before and after it is drained', async () => {
    for (const drainsBetween of [false, true]) {
      const id = await newTask()
      await origin.send('DELETE', `/v1/tasks/${id}`, { as: bob })
      if (drainsBetween) await drained()
      expect((await origin.send('POST', `/v1/tasks/${id}/restore`, { as: alice })).status).toBe(200)
      await drained()
      const told = (await changesOf(id)).map(({ type, version, by }) => [type, version, by])
      expect(told).toEqual([
        ['created', 1, 'alice'],
        ['deleted', 1, 'bob'],
        ['restored', 2, 'alice'],
      ])
    }
  })

  it('for each item of a batch, and for each document of a transaction', async () => {
    const items = [1, 2, 3].map((done) => ({ title: `T${done}`, done }))
    const batch = await origin.send('POST', '/v1/tasks/batch', { as: alice, body: { items } })
    const ids: string[] = batch.json.items.map(({ id }: { id: string }) => id)
    const add = `added-${randomUUID().slice(0, 8)}`
    const done = await origin.send('POST', '/v1/tasks/finish', {
      as: bob,
      body: { ids: ids.slice(0, 2), add },
    })
    expect(done.status).toBe(204)
    await drained()
    expect((await changesOf(ids[0] as string)).map(({ type, by, changed }) => [type, by, changed])).toEqual([
      ['created', 'alice', undefined],
      ['updated', 'bob', ['done']],
    ])
    expect((await changesOf(ids[2] as string)).map(({ type }) => type)).toEqual(['created'])
    expect((await changesOf(add)).map(({ type, by }) => [type, by])).toEqual([['created', 'bob']])
  })

  it('once, if the write is repeated with its Idempotency-Key', async () => {
    const sending = { as: alice, headers: { 'idempotency-key': 'once' }, body: { title: 'Once', done: 0 } }
    const { json } = await origin.send('POST', '/v1/tasks', sending)
    await origin.send('POST', '/v1/tasks', sending)
    await drained()
    await origin.send('POST', '/v1/tasks', sending)
    await drained()
    expect((await changesOf(json.id)).map(({ type }) => type)).toEqual(['created'])
  })

  it('unless its resource has none: then nothing more is stored', async () => {
    const made = await origin.send('POST', '/v1/labels', { as: alice, body: { title: 'L', done: 0 } })
    expect(Object.keys((await stored({ name: 'labels' }, made.json.id)) ?? {})).toEqual([
      '_id',
      '_v',
      '_created',
      '_updated',
      '_w',
      'title',
      'done',
    ])
  })
})

it('shows nothing of the outbox in answers, lists or exports, and an ETag stays the same when it is drained', async () => {
  const id = await newTask('Hidden')
  const path = `/v1/tasks/${id}`
  const before = await origin.send('GET', path)
  const list = await origin.send('GET', '/v1/tasks?limit=100')
  const exported = await origin.send('GET', '/v1/tasks', { headers: { accept: 'application/x-ndjson' } })
  for (const { text } of [before, list, exported]) expect(text).not.toContain('_out')
  await drained()
  const after = await origin.send('GET', path)
  expect([after.text, after.headers.etag]).toEqual([before.text, before.headers.etag])
  const patched = await origin.send('PATCH', path, {
    as: alice,
    headers: { 'if-match': before.headers.etag },
    body: { done: 1 },
  })
  expect(patched.status).toBe(200)
})

it('finds documents with events by the index alone', async () => {
  await newTask()
  await drained()
  await newTask()
  const plan = await origin.database.db
    .collection('tasks')
    .find({ '_out.since': { $exists: true } })
    .sort({ '_out.since': 1 })
    .explain('executionStats')
  expect(plan.executionStats.totalDocsExamined).toBe(1)
})

const dayMs = 86_400_000

describe('the log', () => {
  const entry = (event: string, document = 'd'): Entry => ({
    ...{ event, document, resource: 'tasks', type: 'updated', version: 1, at: '2026-01-01T00:00:00.000Z' },
  })

  it('takes each event once, and keeps the order of the others', async () => {
    const ids = Array.from({ length: 4 }, () => randomUUID())
    const [a, b, c, d] = ids.map((id) => entry(id)) as [Entry, Entry, Entry, Entry]
    const from = ((await log().last())?._id ?? 0) + 1
    expect(await log().append([b], from, dayMs)).toBe(from + 1)
    expect(await log().append([a, b, c], from + 1, dayMs)).toBe(from + 3)
    expect(await log().append([a, b, c, d], from + 3, dayMs)).toBe(from + 4)
    const added = await log().after('tasks', from - 1, 10)
    expect(added.map(({ _id, event }) => [_id - from, event])).toEqual([
      [0, ids[1]],
      [1, ids[0]],
      [2, ids[2]],
      [3, ids[3]],
    ])
  })

  it('stops a process that did not see the last position, before it writes anything', async () => {
    const from = ((await log().last())?._id ?? 0) + 1
    await log().append([entry(randomUUID()), entry(randomUUID())], from, dayMs)
    await expect(log().append([entry(randomUUID())], from, dayMs)).rejects.toThrow('taken')
    expect((await log().last())?._id).toBe(from + 1)
    const { changesAfter, lastPosition } = readChanges(origin.database.db, origin.database.pool.bounds)
    expect(await lastPosition()).toBe(from + 1)
    expect((await changesAfter(from - 1, 1)).map(({ _id }) => _id)).toEqual([from])
    expect((await changesAfter(from - 1, 9)).map(({ _id }) => _id)).toEqual([from, from + 1])
  })
})

describe('the drain', () => {
  it('has each event once, in order per document, while two processes drain and one document is written all the time', async () => {
    const [first] = [drain(), drain()]
    const hot = await newTask('Hot')
    let longest = 0
    for (let done = 1; done <= 120; done += 1) {
      const answer = await origin.send('PATCH', `/v1/tasks/${hot}`, { as: alice, body: { done } })
      expect(answer.status).toBe(200)
      const record = await stored(tasks, hot)
      longest = Math.max(
        longest,
        (record as { _out?: { events: unknown[] } } | null)?._out?.events.length ?? 0,
      )
      // The lease changes hands while events are on their way.
      if (done === 60) await first?.stop()
    }
    await drained()
    const versions = (await changesOf(hot)).map(({ version }) => version)
    expect(versions).toEqual(Array.from({ length: 121 }, (_, index) => index + 1))
    expect(longest).toBeLessThan(121)
  })

  it('leaves out of a document that is written again what the log has already', async () => {
    const id = await newTask()
    // Each write finds the events of the one before it, as if the drain always came too late to clear them.
    for (let done = 1; done < comparedFrom; done += 1) {
      await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done } })
    }
    const collection = origin.database.db.collection<{ _id: string }>('tasks')
    const full = await collection.findOne({ _id: id })
    await drained()
    await collection.replaceOne({ _id: id }, full as object)
    await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done: 99 } })
    const record = (await stored(tasks, id)) as { _out?: { events: { version: number }[] } } | null
    expect(record?._out?.events.map(({ version }) => version)).toEqual([comparedFrom + 1])
    await drained()
    expect(await changesOf(id)).toHaveLength(comparedFrom + 1)
  })

  it('refuses writes of a document with too many events, since it does not run', async () => {
    const id = await newTask()
    const collection = origin.database.db.collection<{ _id: string; _out: { events: object[] } }>('tasks')
    const record = await collection.findOne({ _id: id })
    const [event] = record?._out.events ?? []
    const events = Array.from({ length: eventsMax }, (_, index) => ({ ...event, id: `full-${index}` }))
    await collection.updateOne({ _id: id }, { $set: { '_out.events': events } })
    const refused = await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done: 1 } })
    expect([refused.status, refused.json.code]).toEqual([503, 'overloaded'])
    await drained()
    expect((await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done: 1 } })).status).toBe(200)
    await origin.database.db.collection<Change>(changesCollection).deleteMany({ document: id })
  })

  it('goes on after the last position when every entry has expired', async () => {
    await newTask()
    await drained()
    const last = (await log().last())?._id as number
    await origin.database.db.collection(changesCollection).deleteMany({})
    const id = await newTask()
    await drained()
    const [change] = await changesOf(id)
    expect(change?._id).toBeGreaterThan(last)
  })

  it('makes progress under load, and tells how far it is behind', async () => {
    await drained()
    const id = await newTask()
    const busy = drain({ utilization: 1, queueMs: 0, shed: 1 })
    await until(async () => (await changesOf(id)).length === 1)
    await until(async () => busy.lagMs() === 0)
    expect(busy.moved()).toBe(1)
  })
})
