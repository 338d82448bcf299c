import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Pending, PendingEvents } from '../../src/events/pending-events.ts'
import type { StoredRecord } from '../../src/store/envelope.ts'
import { taskApplication } from '../fixture/tasks.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const wholeMs = 2_000

let database: TestDatabase
let nowMs = 0
let events: PendingEvents
beforeAll(async () => {
  database = await openTestDatabase(taskApplication.resources)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await records().deleteMany({})
  nowMs = 0
  const { db, pool } = database
  events = new PendingEvents({ db, bounds: pool.bounds, collection: 'tasks', now: () => nowMs, wholeMs })
})

const records = () => database.db.collection<StoredRecord>('tasks')

/** A document with an event that is so old. */
async function write(id: string, since: number, expires?: Date): Promise<void> {
  const time = new Date(since).toISOString()
  const event = { id: `${id}-${since}`, type: 'created', version: 1, at: time } as const
  const _out = { since, events: [event], ...(expires !== undefined && { expires }) }
  const record = { _id: id, _v: 1, _created: time, _updated: time, _w: [event.id], _out }
  await records().replaceOne({ _id: id }, record, { upsert: true })
}

const idsOf = (pending: readonly Pending[]) => pending.map(({ _id }) => _id)

/** Looks, and clears what was found. @returns its ids */
async function pass(): Promise<readonly string[]> {
  const found = await events.next()
  if (found.length > 0) await events.clear(found)
  return idsOf(found)
}

describe('documents with events', () => {
  it('are found oldest first, until they are cleared', async () => {
    await write('b', 20_000)
    await write('a', 10_000)
    expect(idsOf(await events.next())).toEqual(['a', 'b'])
    expect(await pass()).toEqual(['a', 'b'])
    expect(await pass()).toEqual([])
    expect(await records().countDocuments({ _out: { $exists: true } })).toBe(0)
  })

  it('are looked for from the last time on, and from the beginning after a while', async () => {
    await write('first', 10_000)
    await pass()
    await write('before', 5_000)
    await write('after', 15_000)
    nowMs = wholeMs - 1
    expect(await pass()).toEqual(['after'])
    nowMs = wholeMs
    expect(await pass()).toEqual(['before'])
  })

  it('are found at once if they committed a little late', async () => {
    await write('first', 10_000)
    await pass()
    await write('late', 9_900)
    expect(await pass()).toEqual(['late'])
  })

  it('that were written after the look stay, and the next look begins early enough to find them', async () => {
    await write('hot', 5_000)
    await write('other', 10_000)
    const found = await events.next()
    await records().updateOne({ _id: 'hot' }, { $set: { _w: ['another', 'hot-5000'] } })
    await events.clear(found)
    expect(await pass()).toEqual(['hot'])
    expect(await pass()).toEqual([])
  })

  it('that are deleted expire from then on', async () => {
    const expires = new Date('2027-01-01T00:00:00Z')
    await write('live', 10_000)
    await write('deleted', 10_000, expires)
    await pass()
    const left = await records().find().sort({ _id: 1 }).toArray()
    expect(left.map(({ _id, _out, _expires }) => ({ _id, _out, _expires }))).toEqual([
      { _id: 'deleted', _out: undefined, _expires: expires },
      { _id: 'live', _out: undefined, _expires: undefined },
    ])
  })
})
