import { randomUUID } from 'node:crypto'
import { parsePurgeBody } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, expect, it } from 'vitest'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { DeliveryStore } from '../src/store/delivery-store.ts'
import { alice } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import { startOriginProcess } from './support/origin-process.ts'
import { startReceiver } from './support/receiver.ts'

const database = `purges-${randomUUID().slice(0, 8)}`
const client = new MongoClient(mongodbUri(), { retryWrites: false })
afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

it('a process that is told to stop sends the purges that wait, and repeats a call that fails', async () => {
  let state: 'refuses' | 'refuses once' | 'takes' = 'refuses'
  const taken = new Set<string>()
  const edge = await startReceiver(({ body }, response) => {
    const isTaken = state === 'takes'
    if (isTaken) for (const tag of parsePurgeBody(body) ?? []) taken.add(tag)
    if (state === 'refuses once') state = 'takes'
    response.writeHead(isTaken ? 204 : 503).end()
  })
  const origin = await startOriginProcess(
    database,
    { EDGE_URL: new URL(edge.url).origin, PURGE_KEY: 'k'.repeat(43) },
    'origin/test/fixture/background-main.ts',
  )
  const { id } = (await origin.send('POST', '/v1/tasks', { as: alice, body: { title: 'a', done: 0 } })).json
  // The handler has given up to wait for the edge: nothing but the end of the process asks for the tags.
  const deliveries = new DeliveryStore(client.db(database), createCommandBounds())
  const handled = async () => (await deliveries.subscribers())[0]?.position ?? 0
  await expect.poll(handled, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0)
  state = 'refuses once'
  origin.child.signal('SIGTERM')
  expect(await origin.exited, origin.output()).toBe(0)
  expect([...taken].join(), origin.output()).toContain(id)
  expect(origin.output()).not.toContain('purges were given up')
  await edge.stop()
})
