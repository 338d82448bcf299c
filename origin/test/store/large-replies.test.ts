import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { StoredRecord } from '../../src/store/envelope.ts'
import { MongoCommands } from '../../src/store/mongo-commands.ts'
import { mongodbUri } from '../support/database.ts'

/** Answers above 16 MB, which the database sends in several messages. */
const database = `test-${randomBytes(6).toString('hex')}`
const client = new MongoClient(mongodbUri())
const db = client.db(database)
const ids = ['a', 'b', 'c']
let commands: MongoCommands

beforeAll(async () => {
  commands = new MongoCommands(db, { majorityTimeoutMs: 10_000 })
  const text = 'x'.repeat(7 * 2 ** 20)
  for (const _id of ids)
    await db.collection<{ _id: string }>('large').insertOne({ _id, _v: 1, text } as never)
})

afterAll(async () => {
  await db.dropDatabase()
  await client.close()
})

const idleCursors = () =>
  client
    .db('admin')
    .aggregate([
      { $currentOp: { idleCursors: true } },
      { $match: { type: 'idleCursor', ns: `${database}.large` } },
    ])
    .toArray()

const reads: readonly (readonly [string, () => Promise<readonly StoredRecord[]>])[] = [
  ['a list', () => commands.list('large', { filter: {}, sort: { _id: 1 }, limit: 3 }, 10_000)],
  ['reads by id', () => commands.find('large', ids, 10_000)],
]

it.each(reads)('%s has all documents, and leaves no cursor open', async (_, read) => {
  const found = await read()
  expect(found.map(({ _id }) => _id).toSorted()).toEqual(ids)
  await vi.waitFor(async () => expect(await idleCursors()).toEqual([]), { timeout: 5_000 })
})
