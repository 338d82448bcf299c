import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { initiate, type Member, replicaSetName, startMember } from '../../dev/mongod.ts'
import { OwnTime } from '../../src/lib/own-time.ts'
import type { Commits } from '../../src/store/commits.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import type { Repository } from '../../src/store/repository.ts'
import { inTime, place, places } from './documents.ts'

/** Failures of a real server, triggered by its fail points. */
let member: Member
let pool: Pool
let repository: Repository
let commits: Commits
let admin: MongoClient
beforeAll(async () => {
  member = await startMember({ failPoints: true })
  await initiate([member])
  const uri = `mongodb://127.0.0.1:${member.port}/?replicaSet=${replicaSetName}`
  pool = await openPool({ uri, database: 'faults', poolSize: 4 })
  const store = openRepository(pool.db)
  ;({ repository, commits } = store)
  admin = new MongoClient(`mongodb://127.0.0.1:${member.port}`, { directConnection: true })
})
afterEach(() => fail('off'))
afterAll(async () => {
  await admin?.close()
  await pool?.close()
  await member?.stop()
})

/** Fails the origin's next `times` commands of these names; `off` ends it. */
async function fail(times: number | 'off', data: Record<string, unknown> = {}): Promise<void> {
  const mode = times === 'off' ? times : { times }
  await admin
    .db('admin')
    .command({ configureFailPoint: 'failCommand', mode, data: { appName: 'spillway-origin', ...data } })
}

const inDoubt = { code: 64, codeName: 'WriteConcernFailed', errmsg: 'waiting for replication timed out' }
const failures: Record<string, Record<string, unknown>> = {
  'the majority does not confirm it in time': { writeConcernError: inDoubt },
  'the connection breaks': { closeConnection: true },
  'the primary steps down': { errorCode: 11_602 },
  'the server is no primary any more': { errorCode: 10_107 },
  'an operator kills the command': { errorCode: 11_601 },
  'a lock is not to be had': { errorCode: 24 },
  'the server says that it may be sent again': { errorCode: 8, errorLabels: ['RetryableWriteError'] },
}
for (const [name, failure] of Object.entries(failures)) {
  it(`${name}: writes that can still succeed happen once`, async () => {
    await fail(1, { failCommands: ['insert'], ...failure })
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        repository.create(places, { fields: place(`${name} ${index}`, index) }, undefined, inTime()),
      ),
    )
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['created']))
    const stored = pool.db.collection('places')
    expect(await stored.countDocuments({ name: { $regex: `^${name}` } })).toBe(10)

    await fail(1, { failCommands: ['update'], ...failure })
    const replaced = await Promise.all(
      outcomes.map((outcome) => {
        if (outcome.kind !== 'created') throw new Error(outcome.kind)
        const { document } = outcome
        return repository.replace(places, document, { ...document.fields, population: 7 }, inTime())
      }),
    )
    expect(new Set(replaced.map(({ kind }) => kind))).toEqual(new Set(['replaced']))
    const versions = await stored.distinct('_v', { name: { $regex: `^${name}` } })
    expect(versions).toEqual([2])
  })
}

it('an overloaded server is busy, and nothing was done', async () => {
  const overloaded = { errorCode: 462, errorLabels: ['SystemOverloadedError', 'RetryableError'] }
  await fail(1, { failCommands: ['insert'], ...overloaded })
  const created = await repository.create(places, { fields: place('Crowd', 1) }, undefined, inTime())
  expect(created).toEqual({ kind: 'notDone', reason: 'busy' })
  expect(await pool.db.collection('places').countDocuments({ name: 'Crowd' })).toBe(0)
  await fail(2, { failCommands: ['find'], ...overloaded })
  expect(await repository.read(places, 'x', inTime())).toEqual({ kind: 'notDone', reason: 'busy' })
})

it.each([
  { name: 'other transactions are in the way', errorCode: 112, reason: 'deadline' },
  { name: 'there is no primary', errorCode: 10_107, reason: 'unavailable' },
])('a transaction is told why it was not done: $name', async ({ errorCode, reason }) => {
  const writes = ['a', 'b'].map((name) => {
    const id = `${name}-${errorCode}`
    return commits.prepare({ kind: 'create', resource: places, id, fields: place(name, 1) }, commits.clock())
  })
  await fail(1_000, { failCommands: ['insert'], errorCode, errorLabels: ['TransientTransactionError'] })
  const ownTime = new OwnTime()
  expect(await commits.commit(writes, undefined, { ...inTime(1_000), ownTime })).toEqual({
    kind: 'notDone',
    reason,
  })
  expect(ownTime.isContended).toBe(reason === 'deadline')
  await fail('off')
  expect(await commits.commit(writes, undefined, inTime())).toEqual({ kind: 'committed' })
})

it('an update command that is killed half-way gives each item its true outcome', async () => {
  const fields = Array.from({ length: 10 }, (_, index) => place(`Killed ${index}`, index))
  const created = await Promise.all(
    fields.map((each) => repository.create(places, { fields: each }, undefined, inTime())),
  )
  // Killed twice: the second failure must not deny the writes of the first command.
  await fail(2, { failCommands: ['update'], errorCode: 11_601 })
  const outcomes = await Promise.all(
    created.map((outcome) => {
      if (outcome.kind !== 'created') throw new Error(outcome.kind)
      return repository.replace(places, outcome.document, { ...outcome.document.fields }, inTime())
    }),
  )
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['replaced']))
  const stored = pool.db.collection('places')
  expect(await stored.distinct('_v', { name: { $regex: '^Killed' } })).toEqual([2])
})

it('a create without a majority is unknown, and its key answers the next attempt', async () => {
  const key = { subject: 'alice', version: 'v2' as const, key: 'k', request: 'r' }
  const create = (timeoutMs: number) =>
    repository.create(places, { fields: place('Doubt', 1) }, key, inTime(timeoutMs))
  await fail(1_000, { failCommands: ['insert'], writeConcernError: inDoubt })
  expect(await create(1_000)).toEqual({ kind: 'unknown' })
  await fail('off')
  expect((await create(20_000)).kind).toBe('replayed')
  expect(await pool.db.collection('places').countDocuments({ name: 'Doubt' })).toBe(1)
})

it('a late answer is unknown for a writer, and deadline for a reader', async () => {
  const created = await repository.create(places, { fields: place('Slow', 1) }, undefined, inTime())
  if (created.kind !== 'created') throw new Error(created.kind)
  const { document } = created
  await fail(1, { failCommands: ['update'], blockConnection: true, blockTimeMS: 3_000 })
  const outcome = await repository.replace(places, document, place('Slow', 2), inTime(1_000))
  expect(outcome).toEqual({ kind: 'unknown' })
  await fail(1, { failCommands: ['find'], blockConnection: true, blockTimeMS: 3_000 })
  const late = await repository.read(places, document.id, inTime(1_000))
  expect(late).toEqual({ kind: 'notDone', reason: 'deadline' })
  // A stuck query does not delay later readers.
  expect((await repository.read(places, document.id, inTime())).kind).toBe('found')
})

it('a reader whose query breaks off is unavailable, and other readers are not affected', async () => {
  const created = await repository.create(places, { fields: place('Read', 1) }, undefined, inTime())
  if (created.kind !== 'created') throw new Error(created.kind)
  const read = () => repository.read(places, created.document.id, inTime())
  // The driver retries a read once.
  await fail(2, { failCommands: ['find'], closeConnection: true })
  expect(await read()).toEqual({ kind: 'notDone', reason: 'unavailable' })
  expect((await read()).kind).toBe('found')
})
