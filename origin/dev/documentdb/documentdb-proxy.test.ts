import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool } from '../../src/store/pool.ts'
import { inTime, place, places } from '../../test/store/documents.ts'
import { type DocumentdbProxy, startDocumentdbProxy } from './documentdb-proxy.ts'
import { refusalOf } from './refusal.ts'

const buildMs = 300
let proxy: DocumentdbProxy
let client: MongoClient
let name: string
const collection = () => client.db(name).collection<{ _id: number; n: number }>('things')

beforeAll(async () => {
  const port = Number(new URL(inject('databaseUri').replace('mongodb:', 'http:')).port)
  proxy = await startDocumentdbProxy(port, { buildMs, cursorsMax: 2, connectionsMax: 12 })
  client = await new MongoClient(proxy.uri, { maxPoolSize: 8, retryWrites: false }).connect()
})
afterAll(async () => {
  await client.close()
  await proxy.stop()
})
beforeEach(async () => {
  name = `documentdb-${randomUUID().slice(0, 8)}`
  await collection().insertMany(Array.from({ length: 300 }, (_, index) => ({ _id: index, n: index % 7 })))
  return async () => void (await client.db(name).dropDatabase())
})

const index = (key: string, background: boolean) => ({
  createIndexes: 'things',
  indexes: [{ key: { [key]: 1 }, name: key, ...(background && { background }) }],
})
const timed = async (work: () => Promise<unknown>) => {
  const since = performance.now()
  await work()
  return performance.now() - since
}

describe('a command', () => {
  it.each([
    ['another name', { validate: 'things' }, 'validate'],
    ['an operator', { find: 'things', filter: { a: { $not: { $jsonSchema: {} } } } }, '$jsonSchema'],
    [
      'a stage',
      { aggregate: 'things', pipeline: [{ $facet: { a: [] } }], cursor: {} },
      'aggregation stage $facet',
    ],
    [
      'an operator of a stage',
      { aggregate: 'a', pipeline: [{ $match: { $expr: {} } }], cursor: {} },
      '$expr',
    ],
    [
      'an operator of an inner pipeline',
      { aggregate: 'a', pipeline: [{ $lookup: { pipeline: [{ $out: 'b' }] } }] },
      'aggregation stage $out',
    ],
    ['collation', { find: 'things', collation: { locale: 'de' } }, 'collation'],
  ])('with %s is refused, and names it', (_, command, what) => {
    expect(refusalOf(command, [])).toMatchObject({ code: 303, errmsg: `Feature not supported: ${what}` })
  })

  it('that both understand is passed on, whatever is stored', () => {
    const documents = [{ $odd: 1, a: { $odd: 2 } }]
    expect(refusalOf({ insert: 'things', documents }, [])).toBeUndefined()
    expect(refusalOf({ insert: 'things' }, [['documents', documents]])).toBeUndefined()
    expect(refusalOf({ update: 'things' }, [['updates', [{ q: {}, u: { $odd: 1 } }]]])).toMatchObject({
      code: 303,
    })
  })

  it('is refused over the wire, too, and the connection goes on', async () => {
    const asked = client.db(name).command({ aggregate: 'things', pipeline: [{ $bucket: {} }], cursor: {} })
    await expect(asked).rejects.toMatchObject({ code: 303 })
    expect(proxy.refused).toContain('Feature not supported: aggregation stage $bucket')
    expect(await collection().findOne({ _id: 8 })).toEqual({ _id: 8, n: 1 })
  })

  it('of the driver’s retryable writes is refused, and one in a transaction is not', async () => {
    const retrying = await new MongoClient(proxy.uri, { retryWrites: true }).connect()
    const things = retrying.db(name).collection<{ _id: number }>('things')
    await expect(things.insertOne({ _id: 1_000 })).rejects.toMatchObject({ code: 301 })
    await retrying.close()
    await client.withSession((session) =>
      session.withTransaction(() => collection().insertOne({ _id: 1_001, n: 1 }, { session })),
    )
    expect(await collection().countDocuments({ _id: { $gte: 1_000 } })).toBe(1)
  })
})

describe('a build', () => {
  it('in the foreground locks its collection, and no other', async () => {
    const build = client.db(name).command(index('n', false))
    const [read, elsewhere] = await Promise.all([
      timed(() => collection().findOne({ _id: 1 })),
      timed(() => client.db(name).collection('others').findOne()),
    ])
    await build
    expect(read).toBeGreaterThan(elsewhere)
    expect(read).toBeGreaterThan(buildMs * 0.5)
  })

  it('in the background lets reads and writes through', async () => {
    let isBuilt = false
    const build = client
      .db(name)
      .command(index('n', true))
      .then(() => (isBuilt = true))
    await collection().updateOne({ _id: 1 }, { $set: { n: 9 } })
    expect(await collection().findOne({ _id: 1 })).toMatchObject({ n: 9 })
    expect(isBuilt).toBe(false)
    await build
    expect(await collection().indexExists('n')).toBe(true)
  })

  it('in the background fails if another index command comes, and leaves no index', async () => {
    const build = client
      .db(name)
      .command(index('n', true))
      .catch((error) => error)
    // Waits until the first command has been sent before the second.
    await collection().findOne({ _id: 1 })
    await client.db(name).command(index('m', true))
    expect(await build).toMatchObject({ code: 276 })
    expect(await collection().indexExists('n')).toBe(false)
    expect(await collection().indexExists('m')).toBe(true)
  })
})

it('has a limit of open cursors, which end with their last batch or with killCursors', async () => {
  const open = async () => {
    const cursor = collection().find({}, { batchSize: 10 })
    await cursor.next()
    return cursor
  }
  const [first, second] = [await open(), await open()]
  await expect(open()).rejects.toMatchObject({ code: 2, message: expect.stringContaining('cursors') })
  await first.close()
  const third = await open()
  expect(await second.toArray()).toHaveLength(299)
  await third.close()
  expect(proxy.cursorsMost).toBe(2)
})

it('is gone during a failover: a writer learns the truth, and the next one is served afterwards', async () => {
  const pool = await openPool({ uri: proxy.uri, database: name, poolSize: 2 })
  const { repository } = openRepository(pool.db)
  const create = (code: string) =>
    repository.create(places, { id: code, fields: place(code, 1) }, undefined, inTime(1_000))
  expect((await create('before')).kind).toBe('created')
  let isOver = false
  const over = proxy.failover(2_500).then(() => {
    isOver = true
  })
  const told = [await create('during')]
  while (!isOver) told.push(await create(`during-${told.length}`))
  await over
  expect(told[0]).toMatchObject({ kind: expect.stringMatching(/^(notDone|unknown)$/) })
  await expect.poll(async () => (await create(randomUUID())).kind, { timeout: 20_000 }).toBe('created')
  const stored = await pool.db.collection<{ _id: string }>('places').distinct('_id')
  for (const [index, { kind }] of told.entries()) {
    const code = index === 0 ? 'during' : `during-${index}`
    if (kind === 'created') expect(stored, code).toContain(code)
    else if (kind === 'notDone') expect(stored, code).not.toContain(code)
  }
  await pool.close()
})

it('forgets a transaction: a commit whose reply is lost cannot be repeated, and its writer learns the truth', async () => {
  const pool = await openPool({ uri: proxy.uri, database: name, poolSize: 2 })
  const { repository, commits } = openRepository(pool.db)
  const create = (code: string) =>
    repository.create(places, { id: code, fields: place(code, 1) }, undefined, inTime())
  // A transaction cannot make the collection.
  expect((await create('first')).kind).toBe('created')
  const both = ['one', 'two'].map((id) => ({
    ...{ kind: 'create' as const, resource: places, id, fields: place(id, 1) },
  }))
  const at = commits.clock()
  proxy.loseReply('commitTransaction')
  const outcome = await commits.commit(
    both.map((change) => commits.prepare(change, at)),
    undefined,
    inTime(),
  )
  expect(outcome.kind).toBe('committed')
  expect(proxy.refused).toContain('a commit cannot be repeated')
  expect(await pool.db.collection('places').countDocuments()).toBe(3)
  await pool.close()
})

it('has a limit of connections', async () => {
  const sockets = Array.from({ length: 20 }, () => connect(proxy.port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => {})
  const closed = () => sockets.filter((socket) => socket.closed).length
  await expect.poll(closed, { timeout: 5_000 }).toBeGreaterThanOrEqual(8)
  expect(closed()).toBeLessThan(20)
  for (const socket of sockets) socket.destroy()
})
