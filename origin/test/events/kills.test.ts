import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { drainLease } from '../../src/events/drain.ts'
import { type Change, changesCollection } from '../../src/store/change-log.ts'
import { createCommandBounds } from '../../src/store/command-bounds.ts'
import { DeliveryStore } from '../../src/store/delivery-store.ts'
import { type HistoryRecord, historyCollection } from '../../src/store/history-log.ts'
import { subscriberName, WebhookStore } from '../../src/webhooks/webhook-store.ts'
import { alice } from '../support/client.ts'
import { mongodbUri } from '../support/database.ts'
import { FeedReader } from '../support/feed-reader.ts'
import { type OriginProcess, startOriginProcess } from '../support/origin-process.ts'
import { isSignedBy, type Receiver, startReceiver } from '../support/receiver.ts'

/** Number of writes; `npm run test:events` sets a hundred thousand. */
const writesWanted = Number(process.env.TEST_EVENTS_WRITES ?? 1_000)
const writersCount = 32
const readersCount = 50
/** A kill for so many writes. */
const writesPerKill = Math.max(400, writesWanted / 25)

const main = 'origin/test/fixture/tasks-main.ts'
const database = `kills-${randomUUID().slice(0, 8)}`
const client = new MongoClient(mongodbUri(), { retryWrites: false })
const db = client.db(database)
const origins: OriginProcess[] = []
let receiver: Receiver
let webhook: { readonly id: string; readonly secret: string }
/** Messages that the receiver has taken. */
const taken: { readonly position: number; readonly document: string }[] = []
let unsigned = 0
/** Whether the test has ended, maybe by a failure: its readers end then. */
let isOver = false

beforeAll(async () => {
  for (let count = 0; count < 2; count += 1) origins.push(await startOriginProcess(database, {}, main))
  receiver = await startReceiver((one, response) => {
    // Only the positions are kept: there may be a hundred thousand.
    receiver.received.length = 0
    if (!isSignedBy(one, webhook.secret)) unsigned += 1
    if (Math.random() < 0.2) return void response.writeHead(500).end()
    taken.push({ position: one.json.data.position, document: one.json.data.id })
    response.writeHead(204).end()
  })
  webhook = await new WebhookStore(db, createCommandBounds()).add({ url: receiver.url, allowsPrivate: true })
})
afterEach(async () => {
  isOver = true
  for (const { child, exited } of origins.splice(0)) {
    child.signal('SIGKILL')
    await exited
  }
})
afterAll(async () => {
  await receiver.stop()
  await db.dropDatabase()
  await client.close()
})

const pending = () => db.collection('tasks').countDocuments({ '_out.since': { $exists: true } })

/** Waits for a state, for as long as a killed process keeps its lease, and the machine is slow. */
async function until(isReached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000 + writesWanted * 20
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached in time')
    await sleep(200)
  }
}

/** Checks that the history has one record for each version of each document, in their order, with who wrote what. */
async function hasWholeHistory(): Promise<void> {
  const recorded = new Map<string, (readonly [string, number])[]>()
  for await (const record of db.collection<HistoryRecord>(historyCollection).find().sort({ _id: 1 })) {
    const [, document = ''] = record._id.split('/')
    recorded.set(document, [...(recorded.get(document) ?? []), [record.type, record.version]])
    expect(record.by).toBe('alice')
    expect(record.changed).toEqual(
      record.type === 'created' ? ['title', 'done'] : record.type === 'updated' ? ['done'] : [],
    )
  }
  const told = new Map<string, (readonly [string, number])[]>()
  for await (const { document, type, version } of db
    .collection<Change>(changesCollection)
    .find()
    .sort({ _id: 1 })) {
    told.set(document, [...(told.get(document) ?? []), [type, version]])
  }
  expect(recorded).toEqual(told)
}

it('has every write in the log and in the history once, in order per document, tells it to each reader once, and to a receiver that fails at least once, while processes are killed', async () => {
  let done = 0
  let kills = 0
  let acknowledged = 0
  /** Sends to any origin; `undefined` if its answer was lost. */
  const send = async (method: string, path: string, body?: object, key?: string) => {
    const origin = origins[Math.floor(Math.random() * origins.length)] as OriginProcess
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    const answer = await origin.send(method, path, { as: alice, headers, body }).catch(() => undefined)
    if (answer !== undefined && answer.status < 300) acknowledged += 1
    done += 1
    return answer
  }
  const write = async (): Promise<void> => {
    while (done < writesWanted) {
      const key = randomUUID()
      let id: string | undefined
      while (id === undefined) {
        const made = await send('POST', '/v1/tasks', { title: key, done: 0 }, key)
        if (made?.status === 201) id = made.json.id
        else await sleep(20)
      }
      const updates = Math.floor(Math.random() * 6)
      for (let count = 1; count <= updates; count += 1) {
        await send('PATCH', `/v1/tasks/${id}`, { done: count })
      }
      if (Math.random() < 0.3) await send('DELETE', `/v1/tasks/${id}`)
    }
  }
  /** Kills the process that drains or the one that calls the receiver, and starts another one. */
  const kill = async (): Promise<void> => {
    while (done < writesWanted) {
      await sleep(20)
      if (done < (kills + 1) * writesPerKill || (await pending()) === 0) continue
      const lease = await db
        .collection<{ _id: string; holder: string | null }>('_jobs')
        .findOne({ _id: kills % 2 === 0 ? drainLease : 'webhooks' })
      const victim = origins.find(({ child }) => lease?.holder?.includes(` ${child.pid} `))
      if (victim === undefined) continue
      victim.child.signal('SIGKILL')
      await victim.exited
      origins.splice(origins.indexOf(victim), 1, await startOriginProcess(database, {}, main))
      kills += 1
    }
  }
  const readers = Array.from({ length: readersCount }, (_, index) => {
    const ports = () => origins.map(({ port }) => port)
    return new FeedReader(`reader-${index}`, '/v1/tasks/changes', { ports, isStream: index % 2 === 0 })
  })
  let last: number | undefined
  const reading = readers.map((reader) =>
    reader.follow(() => isOver || (last !== undefined && reader.position >= last)),
  )
  await Promise.all([...Array.from({ length: writersCount }, write), kill()])
  expect(kills).toBeGreaterThan(0)
  await until(async () => (await pending()) === 0)

  const logged = await db.collection<Change>(changesCollection).countDocuments()
  const deliveries = new DeliveryStore(db, createCommandBounds())
  const name = subscriberName(webhook.id)
  await until(async () => {
    // As an operator does who does not want to wait for the next attempt, which may be hours away.
    const waiting = await deliveries.replay(name)
    const [subscriber] = await deliveries.subscribers()
    return waiting === 0 && subscriber?.position === logged
  })
  expect(unsigned).toBe(0)
  const first = new Map<number, string>()
  for (const { position, document } of taken) if (!first.has(position)) first.set(position, document)
  const latest = new Map<string, number>()
  for (const [position, document] of first) {
    expect(position).toBeGreaterThan(latest.get(document) ?? 0)
    latest.set(document, position)
  }
  expect(first.size).toBe(logged)

  const versions = new Map<string, Change[]>()
  let position = 0
  for await (const change of db.collection<Change>(changesCollection).find().sort({ _id: 1 })) {
    position += 1
    // Positions have no gaps.
    expect(change._id).toBe(position)
    const known = versions.get(change.document)
    if (known === undefined) versions.set(change.document, [change])
    else known.push(change)
  }
  expect(position).toBeGreaterThanOrEqual(acknowledged)
  for await (const { _id, _v } of db.collection<{ _id: string; _v: number }>('tasks').find()) {
    const told = versions.get(_id) ?? []
    const written = Array.from({ length: Math.abs(_v) }, (_, index) => index + 1)
    const expected = written.map((version) => [version === 1 ? 'created' : 'updated', version])
    if (_v < 0) expected.push(['deleted', -_v])
    expect(told.map(({ type, version }) => [type, version])).toEqual(expected)
    versions.delete(_id)
  }
  expect([...versions.keys()]).toEqual([])
  await hasWholeHistory()

  last = position
  await Promise.all(reading)
  const deleted = new Set(
    await db.collection<{ _id: string; _v: number }>('tasks').distinct('_id', { _v: { $lt: 0 } }),
  )
  // The earlier changes of a deleted document are told to readers who come before its deletion.
  const due: number[] = []
  for await (const { _id, type, document } of db
    .collection<Change>(changesCollection)
    .find()
    .sort({ _id: 1 })) {
    if (type === 'deleted' || !deleted.has(document)) due.push(_id)
  }
  for (const { told } of readers) {
    expect(told.every((one, index) => index === 0 || one > (told[index - 1] as number))).toBe(true)
    const known = new Set(told)
    expect(due.filter((one) => !known.has(one))).toEqual([])
  }
}, 3_600_000)
