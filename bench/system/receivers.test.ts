import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { originEnv } from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { application } from '@spillway/origin/fixture/boards'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { SystemWork } from '../../origin/src/background/system-work.ts'
import { deliveryTimes } from '../../origin/src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../../origin/src/deliveries/delivery-totals.ts'
import { startEvents } from '../../origin/src/events/start-events.ts'
import { ChangeLog } from '../../origin/src/store/change-log.ts'
import { DeliveryStore } from '../../origin/src/store/delivery-store.ts'
import { ReceiverSource } from '../../origin/src/webhooks/receiver-source.ts'
import { startWebhooks } from '../../origin/src/webhooks/start-webhooks.ts'
import { StoredReceivers } from '../../origin/src/webhooks/stored-receivers.ts'
import { receiverKey, receiverSecrets as secrets } from '../../origin/test/support/app.ts'
import { isSignedBy, type Received, startReceiver } from '../../origin/test/support/receiver.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** Receivers of webhooks that an administrator manages through edge and origin. */

const path = '/v1/webhook-receivers'
const { receivers } = application
const stops: (() => Promise<void>)[] = []
let stack: ExampleStack

beforeAll(async () => {
  stack = await startExampleStack({
    worker: 'boards-worker',
    app: { application },
    people: { ada: { roles: ['admin'] }, ann: {} },
  })
  const { database } = stack.origin
  const { db, pool } = database
  const { bounds } = pool
  const [deliveries, log] = [new DeliveryStore(db, bounds), new ChangeLog(db, bounds)]
  const { repository, commits } = database.repository()
  const { resources: catalogue } = application
  const work = new SystemWork({ catalogue, repository, commits, guards: [] })
  const holder = randomUUID()
  const quiet = { isBusy: () => false, observe: () => {} }
  const events = startEvents({ ...{ db, bounds, catalogue, holder, unreadyIndexes: () => [] }, ...quiet })
  if (receivers === undefined) throw new TypeError('the fixture has receivers')
  const source = new ReceiverSource({
    ...{ secrets, deliveries, work, resource: receivers.resource, allowsPrivate: true },
    receivers: new StoredReceivers(db, bounds),
  })
  stops.push(
    startWebhooks({
      ...{ db, catalogue, log, holder, ...quiet, store: deliveries, sources: [source] },
      ...{ totals: new DeliveryTotals(), isReady: () => true, timeoutMs: 2_000, delaysMs: [20] },
      times: { ...deliveryTimes, idleMs: 20, saveMs: 20, reloadMs: 50 },
      lease: { beatMs: 500, silenceMs: 20_000, pollMs: 20 },
    }),
    events.stop,
    () => stack.stop(),
  )
})
afterAll(async () => {
  for (const stop of stops) await stop()
})

const patience = { timeout: 30_000, interval: 30 }
const ada = (method: string, to: string, body?: object, headers = {}) =>
  stack.send('ada', method, to, { body, headers })
const newPost = async (): Promise<string> =>
  (await stack.send('ann', 'POST', '/v1/posts', { body: { boardId: 'b' } })).json.id
const of = (received: readonly Received[], id: string) => received.filter(({ json }) => json.data.id === id)
const undelivered = async (id: string, state: string) =>
  (await ada('GET', `${path}/undelivered?receiver=${id}&state=${state}`)).json

test('an administrator adds one, sees it without its secret, changes the secret, and removes it', async () => {
  await using receiver = await startReceiver().then((one) => ({ ...one, [Symbol.asyncDispose]: one.stop }))
  const made = await ada('POST', `${path}/register`, { url: receiver.url, types: ['created'] })
  expect(made.status, JSON.stringify(made.json)).toBe(200)
  const { id, secret } = made.json
  expect(secret).toMatch(/^whsec_/)
  const shown = (await ada('GET', `${path}/${id}`)).json
  expect(shown).toMatchObject({ id, url: receiver.url, types: ['created'], enabled: true })
  expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['secrets']))
  expect((await ada('GET', path)).json.items.map((one: { id: string }) => one.id)).toEqual([id])

  const first = await newPost()
  await vi.waitFor(() => expect(of(receiver.received, first)).toHaveLength(1), patience)
  expect(isSignedBy(of(receiver.received, first)[0] as Received, secret)).toBe(true)

  const second = (await ada('POST', `${path}/${id}/rotate-secret`, { overlapSeconds: 0 })).json.secret
  await vi.waitFor(async () => {
    const post = await newPost()
    await vi.waitFor(() => expect(of(receiver.received, post)).toHaveLength(1), patience)
    const [one] = of(receiver.received, post)
    expect([isSignedBy(one as Received, secret), isSignedBy(one as Received, second)]).toEqual([false, true])
  }, patience)

  // Nothing from which a secret could be made is in the database.
  const { db } = stack.origin.database
  for (const { name } of await db.listCollections().toArray()) {
    const text = JSON.stringify(await db.collection(name).find().toArray())
    for (const one of [secret, second]) expect(text).not.toContain(one.slice('whsec_'.length, 30))
  }
  const { etag } = await ada('GET', `${path}/${id}`)
  expect((await ada('DELETE', `${path}/${id}`, undefined, { 'if-match': etag })).status).toBe(204)
  const deliveries = () => db.collection('_subscribers').countDocuments({ _id: `receiver:${id}` as never })
  await vi.waitFor(async () => expect(await deliveries()).toBe(0), patience)
})

test('a secret is shown once: a repeated request gets none, and adds no second receiver', async () => {
  const key = { 'idempotency-key': randomUUID() }
  const body = { url: 'http://127.0.0.1:9/', types: ['deleted'] }
  const first = await ada('POST', `${path}/register`, body, key)
  expect([first.status, typeof first.json.secret]).toEqual([200, 'string'])
  const again = await ada('POST', `${path}/register`, body, key)
  expect([again.status, again.json]).toEqual([200, { id: first.json.id }])
  const { items } = (await ada('GET', path)).json
  expect(items.filter(({ url }: { url: string }) => url === body.url)).toHaveLength(1)
})

test('what is given up is listed, and sent again when asked', async () => {
  let isBroken = true
  const receiver = await startReceiver(
    (_one, response) => void response.writeHead(isBroken ? 500 : 200).end(),
  )
  const { id } = (await ada('POST', `${path}/register`, { url: receiver.url, types: ['created'] })).json
  const post = await newPost()
  await vi.waitFor(async () => expect((await undelivered(id, 'dead')).items).toHaveLength(1), patience)
  const { items, more } = await undelivered(id, 'dead')
  expect([more, items[0]]).toEqual([
    false,
    expect.objectContaining({ document: post, type: 'created', attempts: 2, reason: 'status 500' }),
  ])
  isBroken = false
  expect((await ada('POST', `${path}/${id}/replay`, { event: items[0].event })).json).toEqual({ replayed: 1 })
  await vi.waitFor(async () => expect((await undelivered(id, 'dead')).items).toEqual([]), patience)
  await receiver.stop()
})

test('410 disables it, which its administrator sees and ends', async () => {
  let isGone = true
  const receiver = await startReceiver((_one, response) => void response.writeHead(isGone ? 410 : 200).end())
  const { id } = (await ada('POST', `${path}/register`, { url: receiver.url, types: ['created'] })).json
  const post = await newPost()
  await vi.waitFor(
    async () =>
      expect((await ada('GET', `${path}/${id}`)).json).toMatchObject({
        ...{ enabled: false, disabledBecause: 'it answered 410 Gone' },
      }),
    patience,
  )
  isGone = false
  const merge = { 'content-type': 'application/merge-patch+json', 'if-match': '*' }
  const enabled = await ada('PATCH', `${path}/${id}`, { enabled: true }, merge)
  expect(enabled.json).toMatchObject({ enabled: true })
  expect(enabled.json.disabledBecause).toBeUndefined()
  await vi.waitFor(() => expect(of(receiver.received, post).length).toBeGreaterThan(1), patience)
  await receiver.stop()
})

test.each([
  ['a URL that is none', { url: 'x' }, '/url'],
  ['a URL with a password', { url: 'https://a:b@example.com/' }, '/url'],
  ['metadata of the cloud', { url: 'https://169.254.169.254/' }, '/url'],
  ['a resource without events', { url: 'https://example.com/', resources: ['boards'] }, '/resources'],
])('%s is refused, with the place', async (_, body, pointer) => {
  const refused = await ada('POST', `${path}/register`, body)
  expect([refused.status, refused.json.errors?.[0].pointer]).toEqual([422, pointer])
})

test('one more than the application allows is refused, with what to do', async () => {
  const { items } = (await ada('GET', path)).json
  const body = { url: 'http://127.0.0.1:9/', types: ['deleted'] }
  const register = () => ada('POST', `${path}/register`, body)
  // One after the other: those who are registered at once may be more.
  const made: string[] = []
  for (let count = items.length; count < (receivers?.max ?? 0); count += 1)
    made.push((await register()).json.id)
  const refused = await register()
  expect([refused.status, refused.json]).toEqual([
    409,
    expect.objectContaining({
      code: 'conflict',
      reason: 'too-many',
      detail: expect.stringContaining('remove one'),
    }),
  ])
  const { etag } = await ada('GET', `${path}/${made[0]}`)
  expect((await ada('DELETE', `${path}/${made[0]}`, undefined, { 'if-match': etag })).status).toBe(204)
  expect((await register()).status).toBe(200)
})

test('an operator sees how many need which key, as the runbook that rotates it reads them', async () => {
  const count = (await ada('GET', `${path}?limit=100`)).json.items.length
  expect(count).toBeGreaterThan(0)
  const keys = async (webhookKey: string) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/webhooks.ts', 'keys'], {
      cwd: join(root, 'origin'),
      env: {
        ...process.env,
        [originEnv.mongodbUri]: inject('databaseUri'),
        [originEnv.mongodbDatabase]: stack.origin.database.db.databaseName,
        [originEnv.webhookKey]: webhookKey,
      },
    })
    return stdout
  }
  const fresh = 'n'.repeat(43)
  expect(await keys(`${fresh},${receiverKey}`)).toBe(`in use: 0\nold: ${count}\ngone: 0\n`)
  expect(await keys(fresh)).toBe(`in use: 0\nold: 0\ngone: ${count}\n`)
})

test('nobody else may do any of it', async () => {
  for (const [method, to, body] of [
    ['POST', `${path}/register`, { url: 'https://example.com/' }],
    ['GET', path, undefined],
    ['GET', `${path}/undelivered?receiver=x&state=dead`, undefined],
    ['POST', `${path}/x/replay`, {}],
  ] as const) {
    expect([to, (await stack.send('ann', method, to, { body })).status]).toEqual([to, 403])
    expect([to, (await stack.send(undefined, method, to, { body })).status]).toEqual([to, 401])
  }
  expect((await ada('POST', path, { url: 'https://example.com/', enabled: true })).status).toBe(405)
})
