import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, asStored, defineApplication, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startEvents } from '../../src/events/start-events.ts'
import { openBuildConnection } from '../../src/indexes/build-connection.ts'
import { IndexJob, indexJobTimes } from '../../src/indexes/index-job.ts'
import { planRelease } from '../../src/indexes/index-plan.ts'
import { isOwnDatabase } from '../../src/indexes/own-database.ts'
import { type StartedIndexes, startIndexes } from '../../src/indexes/start-indexes.ts'
import { holderName } from '../../src/jobs/holder-name.ts'
import { layoutsOf } from '../../src/store/codec/layouts.ts'
import { loadSeed } from '../../src/store/seed.ts'
import { adjustPopulation } from '../fixture/actions.ts'
import { places } from '../fixture/places.ts'
import { server } from '../fixture/server.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice, editor } from '../support/client.ts'
import { mongodbUri, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { placeV2 } from '../support/samples.ts'
import { documents, movieIds } from './documents.ts'
import { application as adopted } from './resources.ts'

const noteSchema = Type.Object({ text: Type.String() })
const notes = resource('notes', {
  description: 'Notes with events.',
  schema: noteSchema,
  access: { read: anyone, write: anyone },
  events: true,
  versions: [asStored('v1', noteSchema)],
})

/** An application with collections of its own and adopted ones, in another application's database. */
const application = defineApplication({
  name: 'mixed',
  title: 'Mixed',
  summary: 'Collections of its own and adopted ones.',
  resources: [...adopted.resources.values(), places, notes],
  actions: [adjustPopulation],
})
const { resources } = application

let database: TestDatabase
let indexes: StartedIndexes
let origin: TestApp | undefined

beforeAll(async () => {
  database = await openTestDatabase(new Map())
})
beforeEach(async () => {
  await database.db.dropDatabase()
  for (const [collection, all] of Object.entries(documents)) {
    await database.db.collection(collection).insertMany([...all])
  }
})
afterEach(async () => {
  await indexes?.stop()
  await origin?.stop()
  origin = undefined
})
afterAll(() => database.drop())

const connect = () => openBuildConnection(mongodbUri(), database.db.databaseName)

async function start(): Promise<void> {
  indexes = await startIndexes({
    db: database.db,
    bounds: database.pool.bounds,
    catalogue: resources,
    connect,
    observe: () => {},
    onDifference: () => {},
    times: { ...indexJobTimes, leftMs: 20 },
    waitMs: 0,
  })
}

const serve = () =>
  startTestApp({
    application,
    server,
    database: {
      ...database,
      repository: (options) =>
        database.repository({
          ...options,
          unready: indexes.unready,
          layouts: layoutsOf(resources, () => {}),
        }),
    },
  })

/** Every collection of the database, with its indexes and documents. */
async function content(): Promise<unknown> {
  const listed = await database.db.listCollections().toArray()
  const all = listed.map(async ({ name }) => {
    const collection = database.db.collection(name)
    return [name, await collection.listIndexes().toArray(), await collection.find().toArray()]
  })
  return (await Promise.all(all)).sort()
}

async function until(isReached: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error(`not reached: ${indexes.unready.names.join()}`)
    await sleep(10)
  }
}

it('a start writes nothing into the database of another application, and refuses what needs an index there', async () => {
  const before = await content()
  await start()
  const events = startEvents({
    db: database.db,
    bounds: database.pool.bounds,
    catalogue: resources,
    unreadyIndexes: () => indexes.unready.names,
    isBusy: () => false,
    holder: holderName(),
    observe: () => {},
  })
  // The first look at what there is to drain ends before the drain does.
  await events.stop()
  origin = await serve()
  expect(indexes.unready.names).toContain('comments.date_-1__id_-1')
  const { send } = origin
  expect((await send('GET', `/v1/movies/${movieIds[0]}`)).status).toBe(200)
  expect((await send('GET', '/v1/comments')).status).toBe(200)
  const refused = await send('GET', '/v1/comments?sort=date')
  expect([refused.status, refused.json.code]).toEqual([503, 'index-unready'])
  expect(refused.json.detail).toContain("'comments.date_-1__id_-1'")
  // A unique title cannot be promised yet.
  expect((await send('PATCH', `/v1/movies/${movieIds[0]}`, { as: alice, body: { title: 'x' } })).status).toBe(
    503,
  )
  expect(await content()).toEqual(before)
})

it('an index of the other application serves under any name, and is seen when somebody has built it', async () => {
  await database.db.collection('comments').createIndex({ movie_id: 1, date: -1 }, { name: 'by film' })
  await database.db.collection('movies').createIndex({ title: 1 }, { unique: true })
  await start()
  const missing = () => indexes.unready.names.filter((name) => name.startsWith('comments.'))
  expect(missing()).toEqual(['comments.date_-1__id_-1'])
  expect(indexes.unready.names).not.toContain('movies.title_1')
  await database.db.collection('comments').createIndex({ date: 1 })
  await until(() => missing().length === 0)
})

it('an answer of an action is not kept before the command', async () => {
  await start()
  origin = await serve()
  const { send } = origin
  const place = (await send('POST', '/v2/places', { as: editor, body: placeV2 })).headers.location
  const adjust = (headers: Record<string, string>) =>
    send('POST', `${place}/adjust-population`, { as: editor, body: { by: 1 }, headers })
  expect((await adjust({})).status).toBe(200)
  const kept = await adjust({ 'idempotency-key': 'k' })
  expect([kept.status, kept.json.detail]).toEqual([503, expect.stringContaining("'_answers._expires_1'")])
  expect((await database.db.listCollections().toArray()).map(({ name }) => name)).not.toContain('_answers')
})

it('the command builds every index, and never removes one of the other application', async () => {
  await database.db.collection('movies').createIndex({ plot: 1 }, { name: 'of others' })
  await start()
  expect(await isOwnDatabase(database.db, resources)).toBe(false)
  const job = new IndexJob({
    db: database.db,
    bounds: database.pool.bounds,
    catalogue: resources,
    connect,
    holder: holderName(),
    onMissing: () => {},
    observe: () => {},
  })
  await job.run(new AbortController().signal)
  await until(() => indexes.unready.names.length === 0)
  expect(await isOwnDatabase(database.db, resources)).toBe(true)
  expect(await planRelease(database.db, resources)).toEqual([])
})

it('a seed is not loaded into an adopted collection', async () => {
  const seed = { revision: '1', documents: () => ({ movies: [{ id: movieIds[0], title: 'x' }] }) }
  await expect(loadSeed(database.db, seed, resources)).rejects.toThrow(
    'other applications use its collection',
  )
})

it.each([
  ['an empty one', async () => database.db.dropDatabase(), true],
  ['one with a collection of the framework', async () => database.db.createCollection('_jobs'), true],
  ['one with a record', async () => database.db.collection('places').insertOne({ _v: 1 }), true],
  [
    'one with other documents under the name of a resource',
    async () => database.db.collection('places').insertOne({ n: 1 }),
    false,
  ],
])('a database is its own: %s', async (_, prepare, isOwn) => {
  await prepare()
  expect(await isOwnDatabase(database.db, resources)).toBe(isOwn)
})
