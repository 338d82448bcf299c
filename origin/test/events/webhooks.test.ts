import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { deliveryTimes } from '../../src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../../src/deliveries/delivery-totals.ts'
import type { DeliveryObservation } from '../../src/deliveries/subscriber.ts'
import { drainTimes } from '../../src/events/drain.ts'
import { startEvents } from '../../src/events/start-events.ts'
import { ChangeLog } from '../../src/store/change-log.ts'
import { DeliveryStore } from '../../src/store/delivery-store.ts'
import { sendWebhook } from '../../src/webhooks/send-webhook.ts'
import { startWebhooks } from '../../src/webhooks/start-webhooks.ts'
import { mistakeInWebhook, subscriberName, WebhookStore } from '../../src/webhooks/webhook-store.ts'
import { taskApplication, taskServer } from '../fixture/tasks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice } from '../support/client.ts'
import { isSignedBy, type Received, type Receiver, startReceiver } from '../support/receiver.ts'

const times = { ...deliveryTimes, idleMs: 10, saveMs: 20, reloadMs: 20, graceMs: 200 }
const lease = { beatMs: 50, silenceMs: 20_000, pollMs: 20 }

let origin: TestApp
let webhooks: WebhookStore
let store: DeliveryStore
const stops: (() => Promise<void>)[] = []
const observed: DeliveryObservation[] = []
beforeAll(async () => {
  origin = await startTestApp({ application: taskApplication, server: taskServer })
  const { db, pool } = origin.database
  const { bounds } = pool
  const { resources: catalogue } = taskApplication
  webhooks = new WebhookStore(db, bounds)
  store = new DeliveryStore(db, bounds)
  const drain = startEvents({
    ...{ db, bounds, catalogue, holder: randomUUID(), observe: () => {} },
    ...{ unreadyIndexes: () => [], isBusy: () => false, times: { ...drainTimes, idleMs: 10, pollMs: 20 } },
  })
  // Two processes: one of them calls.
  for (let count = 0; count < 2; count += 1) {
    stops.push(
      startWebhooks({
        ...{ db, sources: [webhooks], catalogue, store, times, lease, holder: randomUUID() },
        ...{ totals: new DeliveryTotals(), isReady: () => true, isBusy: () => false },
        ...{ timeoutMs: 500, delaysMs: [30, 30, 30] },
        log: new ChangeLog(db, bounds),
        observe: (observation) => void observed.push(observation),
      }),
    )
  }
  stops.push(drain.stop)
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await origin.stop()
})

const receivers: Receiver[] = []
const added: string[] = []
afterEach(async () => {
  for (const id of added.splice(0)) await webhooks.remove(id)
  for (const receiver of receivers.splice(0)) await receiver.stop()
})

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached within two minutes')
    await sleep(10)
  }
}

/** A receiver on loopback, as an operator adds one. */
async function receiver(answer?: Parameters<typeof startReceiver>[0], options: object = {}) {
  const started = await startReceiver(answer)
  receivers.push(started)
  const { id, secret } = await webhooks.add({ url: started.url, allowsPrivate: true, ...options })
  added.push(id)
  return { ...started, id, secret, name: subscriberName(id) }
}

async function newTask(title = 'a'): Promise<string> {
  const made = await origin.send('POST', '/v1/tasks', { as: alice, body: { title, done: 0 } })
  expect(made.status).toBe(201)
  return made.json.id
}
const patch = async (id: string, done: number) =>
  expect((await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done } })).status).toBe(200)
const of = (received: readonly Received[], id: string) => received.filter(({ json }) => json.data.id === id)

/** The messages about a document. A call that is cut off is repeated with its id, so each id counts once. */
function messagesOf(received: readonly Received[], id: string): Received[] {
  const byId = new Map<string, Received>()
  for (const one of of(received, id)) byId.set(String(one.headers['webhook-id']), one)
  return [...byId.values()]
}

it('sends a signed message for each event of its resources and types, in order per document', async () => {
  const all = await receiver()
  const some = await receiver(undefined, { resources: ['tasks'], types: ['updated'] })
  const id = await newTask()
  await patch(id, 1)
  const note = await origin.send('POST', '/v1/notes', { as: alice, body: { text: 'n', isShared: false } })
  await until(
    () => messagesOf(all.received, id).length === 2 && messagesOf(all.received, note.json.id).length === 1,
  )
  await until(() => messagesOf(some.received, id).length === 1)
  const [created, updated] = messagesOf(all.received, id)
  expect(created?.json).toEqual({
    type: 'tasks.created',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    data: {
      ...{ resource: 'tasks', id, version: 1, href: `/v1/tasks/${id}` },
      position: expect.any(Number),
    },
  })
  expect(updated?.json).toMatchObject({ type: 'tasks.updated', data: { version: 2, changed: ['done'] } })
  expect(some.received[0]?.json).toEqual(updated?.json)
  for (const one of all.received) {
    expect(isSignedBy(one, all.secret)).toBe(true)
    expect(isSignedBy(one, some.secret)).toBe(false)
    expect(one.headers['webhook-id']).toMatch(/^evt_[A-Za-z0-9_-]+$/)
    expect(Math.abs(Date.now() / 1_000 - Number(one.headers['webhook-timestamp']))).toBeLessThan(60)
  }
})

it('repeats what failed with the same id, gives it up, and repeats it when asked', async () => {
  let isBroken = true
  const one = await receiver((_one, response) => void response.writeHead(isBroken ? 500 : 200).end())
  const id = await newTask()
  await until(async () => (await store.list(one.name, 'dead', 10)).length === 1)
  expect(one.received).toHaveLength(4)
  expect(new Set(one.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  const [dead] = await store.list(one.name, 'dead', 10)
  expect(dead).toMatchObject({ attempts: 4, reason: 'status 500', change: { document: id } })
  isBroken = false
  await store.replay(one.name)
  await until(() => one.received.length === 5)
  await until(async () => (await store.list(one.name, 'dead', 10)).length === 0)
  const position = one.received[0]?.json.data.position
  await store.move(one.name, position - 1)
  await until(() => of(one.received, id).length === 6)
})

it('one that does not answer delays no other', async () => {
  const slow = await receiver(() => {})
  const fast = await receiver()
  const ids = [await newTask(), await newTask(), await newTask()]
  await until(() => ids.every((id) => messagesOf(fast.received, id).length === 1))
  await until(async () => (await store.list(slow.name, 'dead', 10)).length > 0)
  const [dead] = await store.list(slow.name, 'dead', 1)
  expect(dead?.reason).toBe('no answer in 500 ms')
})

it('410 ends all calls until the receiver is enabled again; nothing is lost meanwhile', async () => {
  let isGone = true
  const one = await receiver((_one, response) => void response.writeHead(isGone ? 410 : 200).end())
  const first = await newTask()
  const disabled = async () => (await webhooks.list()).find(({ _id }) => _id === one.id)?.disabled
  await until(async () => (await disabled()) !== undefined)
  expect(await disabled()).toBe('it answered 410 Gone')
  const second = await newTask()
  const count = one.received.length
  isGone = false
  expect(await webhooks.enable(one.id)).toBe(true)
  await until(() => messagesOf(one.received, second).length === 1)
  expect(messagesOf(one.received.slice(count), first)).toHaveLength(1)
})

it('signs with two secrets while they change', async () => {
  const one = await receiver()
  const second = (await webhooks.rotate(one.id, 60_000)) as string
  // A change of a receiver is in force soon, not at once.
  const untilSignedBy = async (secrets: readonly string[], newest: string): Promise<readonly boolean[]> => {
    for (;;) {
      const id = await newTask()
      await until(() => of(one.received, id).length > 0)
      const received = of(one.received, id)[0]
      if (received !== undefined && isSignedBy(received, newest)) {
        return secrets.map((secret) => isSignedBy(received, secret))
      }
    }
  }
  expect(await untilSignedBy([one.secret, second], second)).toEqual([true, true])
  const third = (await webhooks.rotate(one.id, 0)) as string
  expect(await untilSignedBy([one.secret, second, third], third)).toEqual([false, false, true])
  expect(JSON.stringify(observed)).not.toContain('whsec_')
})

it('waits for as long as the receiver asks', async () => {
  const one = await receiver(
    (_one, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
  )
  await newTask()
  await until(async () => (await store.list(one.name, 'waiting', 10)).length === 1)
  const [waiting] = await store.list(one.name, 'waiting', 10)
  expect((waiting?.nextAtMs ?? 0) - Date.now()).toBeGreaterThan(3_000_000)
})

describe('a call', () => {
  const send = (url: string, allowsPrivate = false, timeoutMs = 5_000) =>
    sendWebhook({
      ...{ url: new URL(url), headers: {}, body: '{}', allowsPrivate, timeoutMs },
      signal: new AbortController().signal,
    })

  it.each([
    ['http://example.com/', 'the URL must be https'],
    ['https://user:secret@example.com/', 'the URL must have no user or password'],
    ['https://127.0.0.1/', 'the address is not public'],
    ['https://0x7f.1/', 'the address is not public'],
    ['https://2130706433/', 'the address is not public'],
    ['https://[::ffff:127.0.0.1]/', 'the address is not public'],
    ['https://[::1]/', 'the address is not public'],
    ['https://169.254.169.254/latest/meta-data', 'the address is not public'],
    ['https://localhost/', 'the address is not public'],
  ])('to %s is not made: %s', async (url, reason) => {
    expect(await send(url)).toEqual({ reason })
  })

  it('to a machine’s metadata is not made even where private addresses are allowed', async () => {
    expect(await send('http://169.254.169.254/', true)).toEqual({ reason: 'the address is not public' })
  })

  it('resolves a name once, and goes to that address', async () => {
    const one = await startReceiver()
    receivers.push(one)
    const url = one.url.replace('127.0.0.1', 'localhost')
    expect(await send(url)).toEqual({ reason: 'the URL must be https' })
    expect(one.connections()).toBe(0)
    expect(await send(url, true)).toEqual({ status: 204, retryAfterMs: undefined })
    expect(one.connections()).toBe(1)
  })

  it('follows no redirect', async () => {
    const other = await startReceiver()
    const one = await startReceiver(
      (_one, response) => void response.writeHead(307, { location: other.url }).end(),
    )
    receivers.push(one, other)
    expect(await send(one.url, true)).toMatchObject({ status: 307 })
    expect(other.connections()).toBe(0)
  })

  it('reads no more of an answer than it needs, and waits no longer than it may', async () => {
    let isOpen = true
    const flood = await startReceiver((_one, response) => {
      response.on('close', () => {
        isOpen = false
      })
      response.writeHead(200)
      const write = (): void => void (isOpen && response.write('x'.repeat(65_536), () => setImmediate(write)))
      write()
    })
    const drip = await startReceiver((_one, response) => void response.writeHead(200).write('x'))
    receivers.push(flood, drip)
    expect(await send(flood.url, true)).toMatchObject({ status: 200 })
    await until(() => !isOpen)
    expect(await send(drip.url, true, 200)).toMatchObject({ status: 200 })
  })

  it('says why there was no answer, without the address', async () => {
    const closed = await startReceiver()
    await closed.stop()
    expect(await send(closed.url, true)).toEqual({ reason: 'ECONNREFUSED' })
  })
})

it('a definition that cannot work is refused', () => {
  const check = (given: object) =>
    mistakeInWebhook({ url: 'https://example.com/', allowsPrivate: false, ...given }, ['tasks', 'notes'])
  expect(check({})).toBeUndefined()
  expect(check({ url: 'nowhere' })).toBe('the URL cannot be parsed')
  expect(check({ url: 'https://10.0.0.1/' })).toBe('the address is not public')
  expect(check({ resources: ['labels'] })).toBe("'labels' is not a resource with events: use tasks, notes")
  expect(check({ types: ['made'] })).toContain("'made' is not a type of events")
})
