import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { StoredRecord } from '../../src/store/envelope.ts'
import { MongoCommands } from '../../src/store/mongo-commands.ts'
import { mongodbUri } from '../support/database.ts'

/** Answers above 16 MB, which the database sends in several messages. */
const client = new MongoClient(mongodbUri(), { retryWrites: false, monitorCommands: true })
const db = client.db(`test-${randomBytes(6).toString('hex')}`)
const ids = ['a', 'b', 'c']
let commands: MongoCommands

/** Cursors that the database keeps, by its own answers. */
const open = new Set<string>()
let opened = 0
const cursorsOf = new Map<number, readonly unknown[]>()
client.on('commandStarted', ({ requestId, command }) => {
  cursorsOf.set(requestId, command.cursors ?? (command.getMore === undefined ? [] : [command.getMore]))
})
client.on('commandSucceeded', ({ requestId, reply }) => {
  for (const id of cursorsOf.get(requestId) ?? []) open.delete(String(id))
  // The cast is safe: replies of cursors have this shape, and others have no such member.
  const { id = 0 } = (reply as { readonly cursor?: { readonly id?: unknown } }).cursor ?? {}
  if (Number(id) === 0) return
  open.add(String(id))
  opened += 1
})

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

const reads: readonly (readonly [string, () => Promise<readonly StoredRecord[]>])[] = [
  ['a list', () => commands.list('large', { filter: {}, sort: { _id: 1 }, limit: 3 }, 10_000)],
  ['reads by id', () => commands.find('large', ids, 10_000)],
]

it.each(reads)('%s has all documents, and leaves no cursor open', async (_, read) => {
  const before = opened
  const found = await read()
  expect(found.map(({ _id }) => _id).toSorted()).toEqual(ids)
  expect(opened).toBeGreaterThan(before)
  await vi.waitFor(() => expect(open.size).toBe(0), { timeout: 5_000 })
})
