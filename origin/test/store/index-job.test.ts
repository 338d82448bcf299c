import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startDocumentdbProxy } from '../../dev/documentdb/documentdb-proxy.ts'
import { initiate, type Member, startMember } from '../../dev/mongod.ts'
import { openBuildConnection } from '../../src/indexes/build-connection.ts'
import { type IndexNote, type IndexObservation, indexLease } from '../../src/indexes/index-job.ts'
import { planRelease } from '../../src/indexes/index-plan.ts'
import { type StartedIndexes, startIndexes } from '../../src/indexes/start-indexes.ts'
import { LeaseSeeker } from '../../src/jobs/lease.ts'
import { planIndexes } from '../../src/store/indexes.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import { loadSeed } from '../../src/store/seed.ts'
import { resources } from '../fixture/application.ts'
import { placesSeed } from '../fixture/seed.ts'
import { advisories, advisory, inTime, listQuery, place, places } from './documents.ts'

const times = { beatMs: 50, silenceMs: 400, pollMs: 20, retryMs: 50, leftMs: 50 }

let member: Member
let admin: MongoClient
let uri: string
let database: string
let pool: Pool
let observed: IndexObservation[]
const running: StartedIndexes[] = []

beforeAll(async () => {
  member = await startMember({ failPoints: true })
  await initiate([member])
  uri = `mongodb://127.0.0.1:${member.port}/?replicaSet=rs0`
  admin = await new MongoClient(uri).connect()
})
afterAll(async () => {
  await admin.close()
  await member.stop()
})
beforeEach(async () => {
  database = `indexes-${randomUUID().slice(0, 8)}`
  pool = await openPool({ uri, database, poolSize: 4 })
  observed = []
  return async () => {
    await holdBuilds(false)
    for (const indexes of running.splice(0)) await indexes.stop()
    await pool.db.dropDatabase()
    await pool.close()
  }
})

const holdBuilds = (isHeld: boolean) =>
  admin.db('admin').command({
    configureFailPoint: 'hangAfterStartingIndexBuild',
    mode: isHeld ? 'alwaysOn' : 'off',
  })

const until = async (isReached: () => boolean | Promise<boolean>) => {
  const deadline = performance.now() + 20_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error(`not reached: ${JSON.stringify(observed)}`)
    await sleep(10)
  }
}

async function start(over: { uri: string; pool: Pool } = { uri, pool }): Promise<StartedIndexes> {
  const indexes = await startIndexes({
    db: over.pool.db,
    bounds: over.pool.bounds,
    catalogue: resources,
    connect: () => openBuildConnection(over.uri, database),
    observe: (observation) => observed.push(observation),
    onDifference: () => {},
    times,
    waitMs: 0,
  })
  running.push(indexes)
  return indexes
}

const kinds = (kind: IndexObservation['kind']) => observed.filter((one) => one.kind === kind)
const isRunning = async () => {
  const { inprog } = await admin.db('admin').command({ currentOp: 1, 'command.createIndexes': 'places' })
  return inprog.length > 0
}

it('empty collections get their indexes at once, without a job', async () => {
  const { unready } = await start()
  expect(unready.names).toEqual([])
  const { create } = await planIndexes(pool.db, resources)
  expect(create).toEqual([])
  expect(await pool.db.listCollections({ name: '_jobs' }).toArray()).toEqual([])
})

it('a collection with documents gets them in the background, and serves meanwhile all that does not need them', async () => {
  await loadSeed(pool.db, placesSeed(50), resources)
  await holdBuilds(true)
  const { unready } = await start()
  await until(isRunning)
  expect(unready.names).toContain('places.name_1__id_1')
  expect(unready.names.filter((name) => !name.startsWith('places.'))).toEqual([])

  const { repository } = openRepository(pool.db, { bounds: pool.bounds, unready })
  const list = (search: string) => repository.list(places, listQuery(places, search), undefined, inTime())
  const refused = { kind: 'notDone', reason: 'indexUnready', index: 'places.name_1__id_1' }
  expect(await list('sort=name')).toEqual(refused)
  expect(await repository.count(places, listQuery(places, 'sort=name'), undefined, inTime())).toEqual(refused)
  expect(await list('sort=id&limit=3')).toMatchObject({ kind: 'page', more: true })
  const created = await repository.create(places, { fields: place('Lyon', 500_000) }, undefined, inTime())
  expect(created.kind).toBe('created')
  const [step] = await planRelease(pool.db, resources)
  expect(step?.kind).toBe('building')

  await holdBuilds(false)
  await until(() => unready.names.length === 0)
  expect(await list('sort=name&limit=3')).toMatchObject({ kind: 'page', more: true })
  expect(await planRelease(pool.db, resources)).toEqual([])
  expect(kinds('built').length).toBeGreaterThan(3)
})

it('of several processes one builds, and all learn of it', async () => {
  await loadSeed(pool.db, placesSeed(50), resources)
  const all = await Promise.all([start(), start(), start()])
  await until(() => all.every(({ unready }) => unready.names.length === 0))
  const built = kinds('built').map(({ index }) => index)
  expect(new Set(built).size).toBe(built.length)
  expect(built).toContain('places._expires_1')
})

it('asks for nothing that DocumentDB refuses, and loses no build there', async () => {
  await loadSeed(pool.db, placesSeed(50), resources)
  const proxy = await startDocumentdbProxy(member.port, { buildMs: 40 })
  const pools = await Promise.all([1, 2, 3].map(() => openPool({ uri: proxy.uri, database, poolSize: 2 })))
  const all = await Promise.all(pools.map((each) => start({ uri: proxy.uri, pool: each })))
  await until(() => all.every(({ unready }) => unready.names.length === 0))
  for (const each of running.splice(0)) await each.stop()
  expect(proxy.refused).toEqual([])
  expect(kinds('failed')).toEqual([])
  for (const each of pools) await each.close()
  await proxy.stop()
})

it('a process that dies leaves its work to another, which waits for the build that still runs', async () => {
  await loadSeed(pool.db, placesSeed(50), resources)
  await holdBuilds(true)
  // Holds the lease like a process that was killed in the middle of a build: no beat, no release.
  const dead = new LeaseSeeker<IndexNote>({
    db: pool.db,
    name: indexLease,
    holder: 'dead',
    times: { ...times, beatMs: 3_600_000 },
    now: () => performance.now(),
  })
  const lease = await dead.tryTake()
  if (lease === undefined) throw new Error('the lease is free')
  await lease.note({ building: 'places.name_1__id_1' })
  const doomed = await new MongoClient(uri).connect()
  const indexes = [{ name: 'name_1__id_1', key: { name: 1, _id: 1 } }]
  doomed
    .db(database)
    .command({ createIndexes: 'places', indexes })
    .catch(() => {})
  await until(isRunning)
  await doomed.close(true)

  const { unready } = await start()
  await until(() => kinds('building').length > 0)
  expect(unready.names).toContain('places.name_1__id_1')
  await holdBuilds(false)
  await until(() => unready.names.length === 0)
  expect((await planIndexes(pool.db, resources)).create).toEqual([])
})

it('duplicates that prevent a unique index are named before anything is built, and retried', async () => {
  const { repository } = openRepository(pool.db, { bounds: pool.bounds })
  const ids: string[] = []
  for (const code of ['FR-1', 'FR-1', 'FR-2']) {
    const outcome = await repository.create(advisories, { fields: advisory(code) }, undefined, inTime())
    if (outcome.kind === 'created') ids.push(outcome.document.id)
  }
  const { unready } = await start()
  await until(() => kinds('blocked').length > 0)
  expect(observed[0]).toEqual({
    kind: 'blocked',
    index: 'advisories.code_1',
    duplicates: [{ values: { code: 'FR-1' }, count: 2, ids: ids.slice(0, 2).sort() }],
  })
  const guarded = openRepository(pool.db, { bounds: pool.bounds, unready }).repository
  const create = (code: string) => guarded.create(advisories, { fields: advisory(code) }, undefined, inTime())
  expect(await create('FR-3')).toMatchObject({ kind: 'notDone', index: 'advisories.code_1' })

  await pool.db.collection<{ _id: string }>('advisories').deleteOne({ _id: ids[0] as string })
  await until(() => unready.names.length === 0)
  expect((await create('FR-3')).kind).toBe('created')
  expect(await create('FR-1')).toMatchObject({ kind: 'uniqueConflict' })
})

it('an index command that fails is reported by the server’s name of the error, and tried again', async () => {
  await loadSeed(pool.db, placesSeed(5), resources)
  const data = { failCommands: ['createIndexes'], errorCode: 8, appName: 'spillway-indexes' }
  await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data })
  const { unready } = await start()
  await until(() => unready.names.length === 0)
  expect(kinds('failed')).toMatchObject([{ reason: 'UnknownError' }])
})

it('stops while it waits and while it builds', async () => {
  await loadSeed(pool.db, placesSeed(50), resources)
  await holdBuilds(true)
  const building = await start()
  await until(isRunning)
  const waiting = await start()
  const stopped = Promise.all([waiting.stop(), building.stop()])
  await stopped
  const record = await new LeaseSeeker<IndexNote>({
    db: pool.db,
    name: indexLease,
    holder: '',
    now: () => 0,
  }).look()
  // The note stays: the build may go on in the database.
  expect(record).toMatchObject({ holder: null, note: { building: expect.stringContaining('places.') } })
})
