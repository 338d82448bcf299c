import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineApplication } from '@spillway/origin/contract'
import { defineServer } from '@spillway/origin/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parcels } from '../../docs/model/example/parcels.ts'
import { announceParcel } from '../../docs/model/example/server/announce-parcel.ts'
import { lapseParcels } from '../../docs/model/example/server/lapse-parcels.ts'
import { SystemWork } from '../../src/background/system-work.ts'
import { DeliveryTotals } from '../../src/deliveries/delivery-totals.ts'
import { startEvents } from '../../src/events/start-events.ts'
import { startHandlers } from '../../src/handlers/start-handlers.ts'
import { scheduleTimes } from '../../src/schedules/schedule-runner.ts'
import { startSchedules } from '../../src/schedules/start-schedules.ts'
import { ChangeLog } from '../../src/store/change-log.ts'
import { DeliveryStore } from '../../src/store/delivery-store.ts'
import { TestClock } from '../../testing/test-clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice } from '../support/client.ts'

const application = defineApplication({
  name: 'parcels',
  title: 'Parcels',
  summary: 'Parcels.',
  resources: [parcels],
})
const server = defineServer(announceParcel, lapseParcels)

const received: { readonly key: unknown; readonly body: { readonly parcel: string } }[] = []
const carrier = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  received.push({
    key: request.headers['idempotency-key'],
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
  })
  response.writeHead(received.length === 1 ? 500 : 200).end()
})

let origin: TestApp
beforeAll(async () => {
  await new Promise<void>((resolve) => carrier.listen(0, '127.0.0.1', resolve))
  process.env.CARRIER_URL = `http://127.0.0.1:${(carrier.address() as { port: number }).port}/parcels`
  origin = await startTestApp({ application, server })
})
afterAll(async () => {
  delete process.env.CARRIER_URL
  carrier.close()
  await origin.stop()
})

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached within 20 s')
    await sleep(10)
  }
}

const statusOf = async (id: string) =>
  (await origin.send('GET', `/v1/parcels/${id}`, { as: alice })).json.status

it('the examples of handlers and jobs do what their pages say', async () => {
  const { db, pool, repository: open } = origin.database
  const { repository, commits } = open()
  const { bounds } = pool
  const { resources: catalogue } = application
  const work = new SystemWork({ catalogue, repository, commits, guards: server.guards })
  const store = new DeliveryStore(db, bounds)
  const shared = { db, holder: randomUUID(), isBusy: () => false, observe: () => {} }
  const clock = new TestClock('2027-06-01T00:00:00Z')
  const drain = startEvents({ ...shared, bounds, catalogue, unreadyIndexes: () => [] })
  const stops = [
    startHandlers({
      ...{ ...shared, work, store, handlers: server.handlers, delaysMs: [10] },
      ...{ log: new ChangeLog(db, bounds), totals: new DeliveryTotals(), isReady: () => true },
    }),
    startSchedules(server.schedules, {
      ...{ ...shared, work, clock: () => clock.nowMs },
      times: { ...scheduleTimes, pollMs: 10 },
    }),
    drain.stop,
  ]
  try {
    await until(async () => (await store.subscribers()).length === 1)
    const create = async (placedOn: string) => {
      const body = { street: 'Main Street 1', placedOn }
      return (await origin.send('POST', '/v1/parcels', { as: alice, body })).json.id as string
    }
    const id = await create('2027-05-31')
    await until(async () => (await statusOf(id)) === 'announced')
    expect(received.map(({ body }) => body)).toEqual([
      { parcel: id, street: 'Main Street 1' },
      { parcel: id, street: 'Main Street 1' },
    ])
    expect(new Set(received.map(({ key }) => key)).size).toBe(1)

    const jobs = db.collection<{ _id: string; note?: { done?: number } }>('_jobs')
    await until(async () => (await jobs.findOne({ _id: 'schedule:lapse-parcels' }))?.note?.done !== undefined)
    const at = '2027-04-01T00:00:00.000Z'
    const old = { senderId: 'alice', street: 'X', status: 'new', placedOn: '2027-04-01' }
    // Stored without an event, which would announce it.
    await db
      .collection<{ _id: string }>('parcels')
      .insertOne({ _id: 'old', _v: 1, _created: at, _updated: at, _w: ['w'], ...old } as { _id: string })
    clock.advance('3h')
    await until(async () => (await statusOf('old')) === 'lapsed')
  } finally {
    for (const stop of stops) await stop()
  }
})

it.each([
  ['handlers', ['parcels', 'server/announce-parcel']],
  ['jobs', ['server/lapse-parcels']],
])('the page on %s shows its examples as they are', (page, examples) => {
  const model = join(import.meta.dirname, '../../docs/model')
  const text = readFileSync(join(model, `${page}.md`), 'utf8')
  for (const name of examples) expect(text).toContain(readFileSync(join(model, `example/${name}.ts`), 'utf8'))
})
