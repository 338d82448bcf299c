import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DocumentdbProxy, startDocumentdbProxy } from '../dev/documentdb/documentdb-proxy.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { WebhookStore } from '../src/webhooks/webhook-store.ts'
import { alice } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import {
  backgroundOperators,
  commands,
  housekeeping,
  operators,
  operatorsIn,
  stages,
  stagesIn,
} from './support/documentdb-list.ts'
import { type OriginProcess, startOriginProcess } from './support/origin-process.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

/** Everything that a whole process sends: its drain, handlers, webhooks, feeds, jobs, leases and builds of indexes. */

const database = `background-${randomUUID().slice(0, 8)}`
const sent = { commands: new Set<string>(), operators: new Set<string>(), stages: new Set<string>() }
let proxy: DocumentdbProxy
let origin: OriginProcess
let receiver: Receiver
const client = new MongoClient(mongodbUri(), { retryWrites: false })
const db = client.db(database)

beforeAll(async () => {
  proxy = await startDocumentdbProxy(Number(/:(\d+)\//.exec(mongodbUri())?.[1]), {
    onCommand(command, items) {
      const members = { ...command, ...Object.fromEntries(items) }
      // The cast is safe: a command has a first member, which names it.
      sent.commands.add(Object.keys(command)[0] as string)
      for (const name of operatorsIn(members)) sent.operators.add(name)
      for (const name of stagesIn(members)) sent.stages.add(name)
    },
  })
  receiver = await startReceiver()
  const main = 'origin/test/fixture/background-main.ts'
  origin = await startOriginProcess(database, { MONGODB_URI: proxy.uri }, main)
  await new WebhookStore(db, createCommandBounds()).add({ url: receiver.url, allowsPrivate: true })
})
afterAll(async () => {
  origin.child.signal('SIGTERM')
  await origin.exited
  await receiver.stop()
  await proxy.stop()
  await db.dropDatabase()
  await client.close()
})

it('work in the background sends only commands, operators and stages of DocumentDB', async () => {
  const { send } = origin
  const feed = (await send('GET', '/v1/tasks/changes', { as: alice })).json.next
  const { id } = (await send('POST', '/v1/tasks', { as: alice, body: { title: 'a', done: 0 } })).json
  await send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done: 1 } })
  await send('DELETE', `/v1/tasks/${id}`, { as: alice })
  await send('POST', `/v1/tasks/${id}/restore`, { as: alice })
  const patience = { timeout: 60_000, interval: 100 }
  await expect.poll(() => receiver.received.length, patience).toBeGreaterThanOrEqual(4)
  const labelled = () => db.collection('labels').countDocuments({ title: 'updated' })
  await expect.poll(labelled, patience).toBe(1)
  await expect
    .poll(
      async () => (await send('GET', `/v1/tasks/changes?after=${feed}`, { as: alice })).json.items,
      patience,
    )
    .toHaveLength(4)
  await expect
    .poll(() => db.collection('_jobs').countDocuments({ 'note.done': { $gt: 0 } }), patience)
    .toBe(1)

  expect([...sent.commands].filter((name) => !commands.has(name) && !housekeeping.has(name))).toEqual([])
  expect(
    [...sent.operators].filter((name) => !operators.has(name) && !backgroundOperators.has(name)),
  ).toEqual([])
  expect([...sent.stages].filter((name) => !stages.has(name))).toEqual([])
  for (const name of ['findAndModify', 'update', 'createIndexes', 'commitTransaction'])
    expect(sent.commands).toContain(name)
  expect(proxy.refused).toEqual([])
})
