import { connect } from '@spillway/origin/client'
import { defineApplication } from '@spillway/origin/contract'
import { events } from '@spillway/origin/example/events'
import { notices } from '@spillway/origin/example/notices'
import { offers } from '@spillway/origin/example/offers'
import { orders } from '@spillway/origin/example/orders'
import { venues } from '@spillway/origin/example/venues'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { erasureTimes, PersonErasure } from '../../origin/src/erasure/erasure.ts'
import { sendPurge } from '../../origin/src/purges/send-purge.ts'
import { drained } from '../../origin/test/support/drained.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** History through edge, origin and database: the example of the page on it. */

const application = defineApplication({
  name: 'model',
  title: 'Model',
  summary: 'Examples.',
  resources: [events, venues, orders, notices, offers],
})
const purgeKey = 'k'.repeat(43)
let stack: ExampleStack

const people = {
  sue: {},
  bob: {},
  eda: { roles: ['editor'] },
  al: { roles: ['auditor'] },
} as const

beforeAll(async () => {
  stack = await startExampleStack({
    ...{ worker: 'model-worker', app: { application }, people, purgeKey },
  })
})
afterAll(() => stack?.stop())

const drain = () => drained(stack.origin.database, application.resources)
const offer = { title: 'Bike', priceCents: 100, limitCents: 80, views: 0 }

async function makeOffer(): Promise<string> {
  const made = await stack.send('sue', 'POST', '/v1/offers', { body: offer })
  expect(made.status).toBe(201)
  return made.location
}

test('shows nobody what the rules deny, in whatever order people ask, and stores nothing', async () => {
  const path = await makeOffer()
  for (const limitCents of [70, 60])
    expect((await stack.send('sue', 'PATCH', path, { body: { limitCents } })).status).toBe(200)
  await stack.send('eda', 'PATCH', path, { body: { title: 'Tandem' } })
  await drain()
  const wanted = { sue: 200, bob: 404, eda: 404, al: 200, nobody: 401 }
  const everybody = Object.keys(wanted) as (keyof typeof wanted)[]
  for (let first = 0; first < 2 * everybody.length; first += 1) {
    for (const [index] of everybody.entries()) {
      const who = everybody[(first + index) % everybody.length] as keyof typeof wanted
      const answer = await stack.send(who, 'GET', `${path}/history`)
      expect([who, answer.status, answer.isHit]).toEqual([who, wanted[who], false])
      if (answer.status !== 200) continue
      expect(answer.json.items).toHaveLength(4)
      expect([who, JSON.stringify(answer.json).includes('limitCents')]).toEqual([who, who === 'sue'])
    }
  }
})

test('is refused to callers without a role or document before the origin is asked, and says so', async () => {
  const path = await makeOffer()
  const refused = await stack.send(undefined, 'GET', `${path}/history`)
  expect([refused.status, refused.json.code]).toEqual([401, 'unauthenticated'])
  const query = await stack.send('sue', 'GET', `${path}/history?limit=0`)
  expect([query.status, query.json.code]).toEqual([400, 'invalid-query'])
  const method = await stack.send('sue', 'PATCH', `${path}/history`, { body: {} })
  expect([method.status, method.json.code]).toEqual([405, 'method-not-allowed'])
})

test('is a list of the typed client, which goes on over its pages, also after the deletion', async () => {
  const path = await makeOffer()
  const id = path.split('/').at(-1) ?? ''
  for (const priceCents of [90, 80]) await stack.send('sue', 'PATCH', path, { body: { priceCents } })
  await stack.send('sue', 'DELETE', path)
  await drain()
  const client = connect<typeof application>({
    url: stack.url,
    token: stack.tokens.get('al') ?? '',
  })
  const told: string[] = []
  for await (const { type, version, changed, after } of client.v1.offers.history(id, { limit: 2 }))
    told.push(`${type} ${version} ${changed.join()} ${after?.priceCents ?? ''}`.trim())
  expect(told).toEqual([
    'deleted 3',
    'updated 3 priceCents 80',
    'updated 2 priceCents 90',
    'created 1 sellerId,title,priceCents 100',
  ])
  await expect(client.v1.offers.history('none').page()).rejects.toMatchObject({ code: 'not-found' })
})

test('an erasure is seen at once by readers of what the edge has stored for an hour', async () => {
  const path = await makeOffer()
  const read = () => stack.send('bob', 'GET', path)
  for (let reads = 1; !(await read()).isHit; reads += 1) expect(reads).toBeLessThan(50)
  const { db, pool } = stack.origin.database
  const erasure = new PersonErasure({
    ...{ db, bounds: pool.bounds, catalogue: application.resources },
    ...{ subject: 'sue', holder: 'test', observe: () => {} },
    times: { ...erasureTimes, pauseShare: 0, pollMs: 20 },
    async purge(tags) {
      expect(await sendPurge({ url: stack.url, purgeKey }, tags)).toBeUndefined()
    },
  })
  expect(await erasure.run(new AbortController().signal)).toMatchObject({ isComplete: true })
  expect((await read()).status).toBe(404)
  expect((await stack.send('sue', 'GET', `${path}/history`)).status).toBe(404)
  const kept = await stack.send('al', 'GET', `${path}/history`)
  expect(kept.json.items.map(({ type }: { readonly type: string }) => type)).toEqual(['deleted', 'created'])
  expect(JSON.stringify(kept.json)).not.toContain('sue')
})
