import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, expect, it } from 'vitest'
import { editor } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import { type OriginProcess, startOriginProcess } from './support/origin-process.ts'
import { placeV2 } from './support/samples.ts'

const database = `action-crash-${randomUUID().slice(0, 8)}`
const client = new MongoClient(mongodbUri())
const running: OriginProcess[] = []
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.signal('SIGKILL')
    await exited
  }
})
afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

async function start(): Promise<OriginProcess> {
  const origin = await startOriginProcess(database)
  running.push(origin)
  return origin
}

it('an action runs once and its retry gets the same answer when the process is killed right after the commit', async () => {
  const first = await start()
  const made = await first.send('POST', '/v2/places', { as: editor, body: placeV2 })
  const path = `${made.headers.location}/adjust-population`
  const asked = { as: editor, headers: { 'idempotency-key': 'crash' }, body: { by: 7 } }
  const answers = client.db(database).collection('_answers')
  const watching = (async () => {
    while ((await answers.countDocuments()) === 0) await new Promise((resolve) => setImmediate(resolve))
    first.child.signal('SIGKILL')
  })()
  // Whether this answer arrives is chance, and makes no difference.
  const lost = await first.send('POST', path, asked).catch((error: Error) => error)
  await watching
  await first.exited

  const second = await start()
  const again = await second.send('POST', path, asked)
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true'])
  expect(again.json.population).toBe(placeV2.population + 7)
  if (!(lost instanceof Error)) expect(again.text).toBe(lost.text)
  const read = await second.send('GET', String(made.headers.location))
  expect(read.json.population).toBe(placeV2.population + 7)
  const other = await second.send('POST', path, { ...asked, body: { by: 8 } })
  expect([other.status, other.json.code]).toEqual([422, 'idempotency-key-reused'])
})
