import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { originEnv } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadApplication } from '../dev/load-application.ts'
import type { StoredRecord } from '../src/store/envelope.ts'
import { indexesOf } from '../src/store/indexes.ts'
import { mongodbUri } from './support/database.ts'

const database = `migrate-${randomUUID().slice(0, 8)}`
let client: MongoClient
beforeAll(async () => {
  client = await new MongoClient(mongodbUri(), { retryWrites: false }).connect()
})
afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

async function migrate(...options: readonly string[]) {
  const run = promisify(execFile)(process.execPath, ['scripts/migrate.ts', ...options], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, [originEnv.mongodbUri]: mongodbUri(), [originEnv.mongodbDatabase]: database },
  })
  // A program that fails still has its output.
  return run.then(
    ({ stdout }) => ({ stdout, stderr: '', code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
}

it('plans, builds and removes the indexes of this repository’s application', async () => {
  const { application } = await loadApplication('own')
  const [resource] = [...application.resources.values()]
  if (resource === undefined) throw new Error('the application has a resource')
  const plans = indexesOf(resource)
  const collection = client.db(database).collection(resource.name)
  // A document as an older release stored it.
  await collection.insertOne({ _v: 1 })

  const first = await migrate()
  for (const { name } of plans) {
    const line = first.stdout.split('\n').find((text) => text.includes(`${resource.name}.${name}`))
    expect(line).toMatch(/^\+ build .*, in the background over 1 documents$/)
  }
  expect(await collection.indexes()).toHaveLength(1)

  const built = await migrate('--run')
  expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('All indexes are built.') })
  expect(await collection.indexes()).toHaveLength(plans.length + 1)
  await collection.createIndex({ old: 1 }, { name: 'old' })
  expect(await migrate('--plan')).toMatchObject({
    stdout: `- remove   ${resource.name}.old, 0 uses: see --remove, once no older release runs\n`,
  })
  expect(await migrate('--remove', '--seconds', '0')).toMatchObject({
    code: 0,
    stdout: `removed ${resource.name}.old\n`,
  })
  expect(await collection.indexes()).toHaveLength(plans.length + 1)
})

it('plans and runs the migrations of an application, and says what prevents a unique index', {
  timeout: 120_000,
}, async () => {
  const application = ['--application', 'origin/test/fixture/migrated']
  const stores = client.db(database).collection<StoredRecord>('stores')
  const old = (_id: string, code: string) =>
    ({ _id, _v: 1, _created: '', _updated: '', _w: [], name: _id, code }) satisfies StoredRecord
  const before = [old('a', 'x1'), old('b', 'X1'), old('c', 'x2')]
  await stores.insertMany(before)

  const planned = await migrate('--plan', ...application)
  expect(planned.stdout.split('\n').filter((line) => line.includes('stores'))).toEqual([
    '> migrate  stores to shape 3 (zone, code), 3 of 3 documents',
    expect.stringMatching(/^\+ build {4}stores\..*, in the background over 3 documents$/),
    expect.stringMatching(/^\+ build {4}stores\..* unique sparse, in the background over 3 documents$/),
    expect.stringMatching(/^\+ build {4}stores\._expires_1 .*, in the background over 3 documents$/),
  ])
  expect(await stores.find().sort({ _id: 1 }).toArray()).toEqual(before)

  const blocked = await migrate('--run', ...application)
  expect(blocked).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('migrated stores to shape 3: 3 documents'),
    stderr: expect.stringContaining('an index could not be built'),
  })
  expect(blocked.stdout).toMatch(/! 2 documents have .*X1.*: a, b/)
  const now = { zone: 'UTC', _v: 1, _s: 3 }
  expect(await stores.find().sort({ _id: 1 }).toArray()).toMatchObject([
    { ...now, _id: 'a', code: 'X1' },
    { ...now, _id: 'b', code: 'X1' },
    { ...now, _id: 'c', code: 'X2' },
  ])

  await stores.deleteOne({ _id: 'b' })
  expect(await migrate('--run', ...application)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('All indexes are built.'),
  })
  const after = await migrate('--plan', ...application)
  expect(after.stdout).not.toContain('stores')
})

it('says how it is called', async () => {
  expect(await migrate('--plan', '--run')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('usage: '),
  })
})
