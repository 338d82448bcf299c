import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  anyone,
  asStored,
  catalogue,
  findView,
  migrate,
  parseListQuery,
  type Resource,
  type ResourceDefinition,
  resource,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { MigrationObservation } from '../../src/migrations/migration-job.ts'
import { statesOf } from '../../src/migrations/migration-state.ts'
import { type StartedMigrations, startMigrations } from '../../src/migrations/start-migrations.ts'
import type { StoredRecord } from '../../src/store/envelope.ts'
import { loadSeed } from '../../src/store/seed.ts'
import { UnreadyIndexes } from '../../src/store/unready-indexes.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { inTime } from './documents.ts'

const old = { name: Type.String({ maxLength: 40 }), code: Type.String({ maxLength: 9 }) }
const define = (
  fields: Parameters<typeof Type.Object>[0],
  more: Partial<ResourceDefinition> = {},
): Resource => {
  const schema = Type.Object(fields)
  return resource('shops', {
    description: 'Shops.',
    schema,
    access: { read: anyone, write: anyone },
    softDelete: { keep: '1d' },
    versions: [asStored('v1', schema)],
    ...more,
    // The cast hides the types of fields, which differ from release to release.
  } as never) as unknown as Resource
}

/** The first release; one that adds a field; one that makes a code unique and upper-case. */
const first = define(old)
const second = define(
  { ...old, zone: Type.String({ maxLength: 9 }) },
  {
    query: { filter: ['zone', 'name'], sort: ['zone'] },
    indexes: [{ fields: { zone: 1 } }, { fields: { name: 1 } }],
    migrations: [migrate({ to: 2, changes: ['zone'], up: ({ zone = 'UTC' }) => ({ zone }) })],
  },
)
const third = define(
  { ...old, zone: Type.String({ maxLength: 9 }) },
  {
    indexes: [{ fields: { code: 1 }, unique: true }],
    migrations: [
      ...second.migrations,
      migrate({ to: 3, changes: ['code'], up: ({ code }) => ({ code: String(code).toUpperCase() }) }),
    ],
  },
)

const times = {
  beatMs: 50,
  silenceMs: 400,
  pollMs: 20,
  pauseShare: 0,
  busyMs: 5,
  quietMs: 100,
  retryMs: 50,
}

let database: TestDatabase
let observed: MigrationObservation[]
const running: StartedMigrations[] = []
beforeEach(async () => {
  database = await openTestDatabase(catalogue())
  observed = []
})
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
  await database.drop()
})

/** A process of a release. */
async function start(release: Resource, isBusy = () => false) {
  const unready = new UnreadyIndexes()
  const started = await startMigrations({
    db: database.db,
    bounds: database.pool.bounds,
    catalogue: catalogue(release),
    unready: unready.migrations,
    holder: randomUUID(),
    isBusy,
    observe: (observation) => observed.push(observation),
    times,
    waitMs: 0,
  })
  running.push(started)
  const { repository } = database.repository({ unready })
  return { release, repository, unready, stop: () => started.stop() }
}

type Process = Awaited<ReturnType<typeof start>>
const stored = () => database.db.collection<StoredRecord>('shops')
const until = async (isReached: () => boolean | Promise<boolean>) => {
  const deadline = performance.now() + 20_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error(`not reached: ${JSON.stringify(observed)}`)
    await sleep(5)
  }
}
const isDone = ({ unready }: Process) => unready.migrations.names.length === 0
const fill = (count: number, fields: object = {}) =>
  stored().insertMany(
    Array.from({ length: count }, (_, index) => ({
      ...{ _id: `s${String(index).padStart(4, '0')}`, _v: 1, _w: ['seed'] },
      ...{ _created: '2026-01-01T00:00:00.000Z', _updated: '2026-01-01T00:00:00.000Z' },
      ...{ name: `shop ${index}`, code: `c${index}`, ...fields },
    })),
  )

async function read({ repository, release }: Process, id: string) {
  const found = await repository.read(release, id, inTime())
  if (found.kind !== 'found') throw new Error(found.kind)
  return found.document
}

async function change(process: Process, id: string, changes: object) {
  const current = await read(process, id)
  return process.repository.replace(process.release, current, { ...current.fields, ...changes }, inTime())
}

async function list({ repository, release }: Process, search: string) {
  const view = findView(catalogue(release), 'v1', 'shops')
  const query = view && parseListQuery(view, search)
  if (query === undefined || !query.ok) throw new Error('no such list')
  return repository.list(release, query.value, undefined, inTime())
}

it('the documentation page shows the example that its test runs', () => {
  const folder = join(import.meta.dirname, '../../docs/model')
  const example = readFileSync(join(folder, 'example/shops.ts'), 'utf8')
  expect(readFileSync(join(folder, 'migrations.md'), 'utf8')).toContain(example)
})

it('shows documents in the new shape before they are migrated, under the version that they have', async () => {
  await fill(2)
  const now = await start(second, () => true)
  const document = await read(now, 's0000')
  expect(document).toMatchObject({ version: 1, fields: { name: 'shop 0', code: 'c0', zone: 'UTC' } })
  expect(document.fields).not.toHaveProperty('_s')
  const page = await list(now, 'name=shop 1')
  expect(page).toMatchObject({ kind: 'page', documents: [{ fields: { zone: 'UTC' } }] })
  expect(await stored().findOne({ _id: 's0000' })).not.toHaveProperty('zone')
})

it('stores the new shape with the next write, and a document that is deleted and restored', async () => {
  await fill(2)
  const before = await start(first)
  await before.repository.delete(first, await read(before, 's0001'), inTime())
  const now = await start(second, () => true)
  await change(now, 's0000', { name: 'other' })
  expect(await stored().findOne({ _id: 's0000' })).toMatchObject({ _s: 2, zone: 'UTC', name: 'other', _v: 2 })
  expect(await now.repository.readKept(second, 's0001', inTime())).toMatchObject({
    isDeleted: true,
    document: { fields: { name: 'shop 1', zone: 'UTC' } },
  })
})

it('refuses lists by a field until all documents have it, and serves the others', async () => {
  await fill(1_200)
  let isBusy = true
  const now = await start(second, () => isBusy)
  const refused = { kind: 'notDone', reason: 'indexUnready', index: "migration 2 of 'shops'" }
  for (const search of ['zone=UTC', 'sort=zone', 'or=(zone=UTC,name=x)'])
    expect(await list(now, search)).toEqual(refused)
  expect(await list(now, 'name=shop 7')).toMatchObject({ kind: 'page', documents: [{ id: 's0007' }] })
  isBusy = false
  await until(() => isDone(now))
  expect(await list(now, 'zone=UTC&limit=100')).toMatchObject({ kind: 'page', more: true })
  expect(await stored().countDocuments({ zone: 'UTC', _s: 2, _v: 1 })).toBe(1_200)
  expect(observed.filter(({ kind }) => kind === 'migrated')).toEqual([
    { kind: 'migrated', resource: 'shops', to: 2, migrated: 1_200 },
  ])
})

it('is complete at once on an empty collection', async () => {
  const now = await start(second)
  await until(() => isDone(now))
  expect(observed).toEqual([{ kind: 'migrated', resource: 'shops', to: 2, migrated: 0 }])
})

it('goes on where another process stopped', async () => {
  await fill(1_500)
  let batches = 0
  const one = await start(second, () => batches++ > 0)
  await until(() => observed.some(({ kind }) => kind === 'migrating'))
  await one.stop()
  const { after } = (await statesOf(database.db).findOne({ _id: 'shops' })) ?? {}
  expect(after).toBe('s0499')
  observed = []
  const other = await start(second)
  await until(() => isDone(other))
  expect(observed[0]).toMatchObject({ kind: 'migrating', seen: 1_000 })
})

it('keeps what an older release stores meanwhile and after a roll-back, and what a newer one had stored', async () => {
  await fill(3)
  const now = await start(second)
  await until(() => isDone(now))
  await change(now, 's0000', { zone: 'CET' })

  const sinceMs = performance.now()
  const before = await start(first)
  // It serves only after the newer ones have looked.
  expect(performance.now() - sinceMs).toBeGreaterThan(times.pollMs)
  expect(await statesOf(database.db).findOne({ _id: 'shops' })).toMatchObject({ reached: 1 })
  expect((await read(before, 's0000')).fields).toEqual({ name: 'shop 0', code: 'c0' })
  await change(before, 's0000', { name: 'renamed' })
  await change(before, 's0001', { name: 'renamed' })
  await until(() => !isDone(now))
  expect(await list(now, 'zone=UTC')).toMatchObject({ reason: 'indexUnready' })
  await before.stop()

  await until(() => isDone(now))
  expect((await read(now, 's0000')).fields).toEqual({ name: 'renamed', code: 'c0', zone: 'CET' })
  expect(await list(now, 'zone=UTC')).toMatchObject({ documents: [{ id: 's0001' }, { id: 's0002' }] })
  expect(await stored().countDocuments({ _s: 2 })).toBe(3)
})

it('loses no write of live traffic', async () => {
  await fill(600)
  const now = await start(second)
  for (let round = 0; !isDone(now); round += 1) {
    const id = `s${String((round * 7) % 600).padStart(4, '0')}`
    expect(await change(now, id, { name: `round ${round}` })).toMatchObject({ kind: 'replaced' })
    expect((await read(now, id)).fields).toMatchObject({ name: `round ${round}`, zone: 'UTC' })
  }
  expect(await stored().countDocuments({ _s: 2, zone: 'UTC' })).toBe(600)
})

it('refuses values of a unique field until all are migrated, and names documents that collide', async () => {
  await fill(2)
  const now = await start(third, () => true)
  expect(await change(now, 's0000', { code: 'C1' })).toMatchObject({ reason: 'indexUnready' })
  expect(await change(now, 's0000', { name: 'other' })).toMatchObject({ kind: 'replaced' })
  await now.stop()

  await stored().createIndex({ code: 1 }, { unique: true })
  await stored().insertOne({ _id: 'z', _v: 1, _created: '', _updated: '', _w: [], name: 'same', code: 'C1' })
  await start(third)
  await until(() => observed.some(({ kind }) => kind === 'blocked'))
  expect(observed.find(({ kind }) => kind === 'blocked')).toMatchObject({
    documents: [{ id: 's0001', fields: ['code'] }],
  })
})

it('repeats the first answer to a key in the present shape', async () => {
  const before = await start(first)
  const key = { subject: 'ann', version: 'v1', key: 'k', request: 'r' } as const
  const fields = { name: 'new', code: 'n' }
  const created = await before.repository.create(first, { fields }, key, inTime())
  if (created.kind !== 'created') throw new Error(created.kind)
  await change(before, created.document.id, { name: 'changed' })
  const now = await start(second, () => true)
  expect(await now.repository.create(second, { fields }, key, inTime())).toMatchObject({
    kind: 'replayed',
    document: { fields: { ...fields, zone: 'UTC' } },
  })
})

it('gives seeds the present shape', async () => {
  const documents = () => ({ shops: [{ id: 'a', name: 'a', code: 'a', zone: 'CET' }] })
  await loadSeed(database.db, { revision: '1', documents }, catalogue(second))
  expect(await stored().findOne({ _id: 'a' })).toMatchObject({ _s: 2, zone: 'CET' })
})
