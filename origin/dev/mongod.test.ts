import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Mongod, startMongod } from './mongod.ts'
import { startReplicaSet } from './replica-set.ts'

const started: { stop(): Promise<unknown> }[] = []
let dataFolder: string

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'spillway-data-'))
})

afterEach(async () => {
  for (const { stop } of started.splice(0)) await stop()
  await rm(dataFolder, { recursive: true, force: true })
})

// Skipped with MONGODB_URI, which starts no embedded database.
describe.skipIf(process.env.MONGODB_URI)('the embedded mongod', () => {
  test('keeps its data when it is killed, and accepts writes again on another port', async () => {
    const first = await start()
    await write(first.uri, 'kept')
    process.kill(first.pid as number, 'SIGKILL')
    await first.stop()

    const second = await start()
    expect(second.port).not.toBe(first.port)
    await write(second.uri, 'added')
    expect(await read(second.uri)).toEqual(['added', 'kept'])
  })

  test('refuses a second one on the same folder with a plain message', async () => {
    await start()

    await expect(startMongod({ dataFolder })).rejects.toThrow(
      'another `npm start` of this checkout is running',
    )
  })

  test('has no process left after stop', async () => {
    const { pid, stop } = await start()
    await stop()

    expect(() => process.kill(pid as number, 0)).toThrow('ESRCH')
  })
})

test('a replica set keeps majority writes when its primary steps down and when it is killed', {
  timeout: 180_000,
}, async () => {
  const set = await startReplicaSet(3)
  started.push(set)
  await write(set.uri, 'before')
  const stepped = await set.stepDown()
  // It may not be elected again for half a minute.
  expect(await primaryOf(set.uri)).not.toBe(stepped.from)
  await write(set.uri, 'after stepping down')

  const killed = await set.killPrimary()
  expect(await primaryOf(set.uri)).not.toBe(killed.from)
  expect(await read(set.uri)).toEqual(['after stepping down', 'before'])
})

async function start(): Promise<Mongod> {
  const mongod = await startMongod({ dataFolder })
  started.push(mongod)
  return mongod
}

async function write(uri: string, note: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client
    .db('test')
    .collection('notes')
    .insertOne({ note }, { writeConcern: { w: 'majority' } })
}

/** Port of the member to which a driver sends writes. */
async function primaryOf(uri: string): Promise<number> {
  await using client = new MongoClient(uri)
  const { me } = await client.db('admin').command({ hello: 1 }, { readPreference: 'primary' })
  return Number(String(me).split(':')[1])
}

async function read(uri: string): Promise<string[]> {
  await using client = new MongoClient(uri)
  const notes = await client.db('test').collection<{ note: string }>('notes').find().toArray()
  return notes.map(({ note }) => note).sort()
}
