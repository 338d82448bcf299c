import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { originEnv } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, expect, it } from 'vitest'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { DeliveryStore } from '../src/store/delivery-store.ts'
import { mongodbUri } from './support/database.ts'

const database = `deliveries-${randomUUID().slice(0, 8)}`
const client = new MongoClient(mongodbUri(), { retryWrites: false })
afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

const deliveries = async (...words: string[]): Promise<readonly string[]> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/deliveries.ts', ...words, '--application', 'origin/test/fixture/handled'],
    {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, [originEnv.mongodbUri]: mongodbUri(), [originEnv.mongodbDatabase]: database },
    },
  )
  return stdout.trim().split('\n')
}

it('lists handlers of another application: those that have run, have not, or are no more', async () => {
  expect(await deliveries()).toEqual(['handler:label: no origin has run it yet'])
  const store = new DeliveryStore(client.db(database), createCommandBounds())
  for (const name of ['handler:label', 'handler:former', 'webhook:one']) await store.claim(name, 3)
  const counts = 'position 3 of 0, 0 waiting, 0 dead'
  expect((await deliveries()).toSorted()).toEqual([
    `handler:former: ${counts}; the application has no such handler: forget it, if no release has`,
    `handler:label: ${counts}`,
    `webhook:one: ${counts}`,
  ])
  expect(await deliveries('forget', 'handler:former')).toEqual(["'handler:former' is forgotten"])
  expect((await store.subscribers()).map(({ _id }) => _id)).not.toContain('handler:former')
})
