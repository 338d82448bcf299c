import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { originEnv } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadApplication } from '../dev/load-application.ts'
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

it('says how it is called', async () => {
  expect(await migrate('--plan', '--run')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('usage: '),
  })
})
