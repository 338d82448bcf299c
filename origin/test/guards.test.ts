import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { action, defineApplication, type Resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bookings } from '../docs/model/example/bookings.ts'
import { reviews } from '../docs/model/example/reviews.ts'
import { reviewAfterStay } from '../docs/model/example/server/review-after-stay.ts'
import { defineServer, guard, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'

/** Called after the other guard, between its reads and the write. */
let between: () => unknown = () => undefined
const meddling = guard(reviews, async () => {
  await between()
  return undefined
})
const praise = action('praise', {
  description: 'Writes a good review.',
  on: reviews,
  target: 'collection',
  access: signedIn,
  timeout: '30s',
  input: Type.Object({ bookingId: Type.String() }),
})

let origin: TestApp
beforeAll(async () => {
  const application = defineApplication({
    name: 'guards',
    title: 'Guards',
    summary: 'Guards.',
    resources: [bookings, reviews],
    actions: [praise],
  })
  const praising = implement(praise, ({ input, store, principal }) =>
    store.create(reviews, { ...input, stars: 5, authorId: principal?.subject as string }),
  )
  origin = await startTestApp({ application, server: defineServer(reviewAfterStay, meddling, praising) })
})
afterAll(() => origin.stop())
beforeEach(() => {
  between = () => undefined
})

const stay = { listingId: 'villa', startsOn: '2030-05-01', endsOn: '2030-05-04', guests: 2 }
const post = (path: string, body: unknown, headers = {}, as = alice) =>
  origin.send('POST', path, { as, body, headers })
const collection = (name: string) => origin.database.db.collection<{ _id: string }>(name)
const decide = (id: string, status: string) =>
  collection('bookings').updateOne({ _id: id }, { $set: { status }, $inc: { _v: 1 } })

async function booking(status = 'accepted'): Promise<string> {
  const { json } = await post('/v1/bookings', stay)
  await decide(json.id, status)
  return json.id
}
const review = (bookingId: string, headers = {}, as = alice) =>
  post('/v1/reviews', { bookingId, stars: 4 }, headers, as)

it('allows a write that other documents permit', async () => {
  const bookingId = await booking()
  const { status, json } = await review(bookingId)
  expect([status, json.stars, json.authorId]).toEqual([201, 4, 'alice'])
})

it('refuses with a conflict or a field error, and writes nothing', async () => {
  const requested = await booking('requested')
  const before = await collection('reviews').countDocuments()
  const early = await review(requested)
  expect([early.status, early.json.code, early.json.reason]).toEqual([409, 'conflict', 'not-stayed'])
  const foreign = await review(requested, {}, bob)
  expect([foreign.status, foreign.json.errors[0].pointer]).toEqual([422, '/bookingId'])
  expect(await collection('reviews').countDocuments()).toBe(before)
})

it('judges each item of a batch separately', async () => {
  const items = [await booking(), await booking('requested')].map((bookingId) => ({ bookingId, stars: 3 }))
  const { json } = await post('/v1/reviews/batch', { items })
  expect(json.items.map(({ status }: { status: number }) => status)).toEqual([201, 409])
})

it('runs again if a document that it required unchanged has changed before the write', async () => {
  const bookingId = await booking()
  let asked = 0
  between = async () => {
    asked += 1
    if (asked === 1) await decide(bookingId, 'cancelled')
  }
  const { status, json } = await review(bookingId)
  expect([status, json.reason, asked]).toEqual([409, 'not-stayed', 1])
  expect(await collection('reviews').countDocuments({ bookingId })).toBe(0)
})

it('replays a repeated create, whatever happened to the booking', async () => {
  const bookingId = await booking()
  const key = { 'idempotency-key': `review-${bookingId}` }
  const first = await review(bookingId, key)
  await decide(bookingId, 'cancelled')
  const again = await review(bookingId, key)
  expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true'])
  expect((await review(bookingId)).status).toBe(409)
})

it('replays a repeated batch item by item', async () => {
  const bookingIds = [await booking(), await booking()]
  const key = { 'idempotency-key': `batch-${bookingIds[0]}` }
  const items = bookingIds.map((bookingId, index) => ({ bookingId, stars: index + 1 }))
  const shown = ({ json }: Awaited<ReturnType<typeof post>>) =>
    json.items.map(({ status, id, item }: Record<string, unknown>) => ({ status, id, item }))
  const first = await post('/v1/reviews/batch', { items }, key)
  await decide(bookingIds[0] as string, 'cancelled')
  const again = await post('/v1/reviews/batch', { items }, key)
  expect(shown(first).map(({ status }: { status: number }) => status)).toEqual([201, 201])
  expect(shown(again)).toEqual(shown(first))
})

it('judges PATCH, PUT and DELETE', async () => {
  const path = `/v1/reviews/${(await review(await booking())).json.id}`
  const patched = await origin.send('PATCH', path, { as: alice, body: { stars: 1 } })
  expect([patched.status, patched.json.stars]).toEqual([200, 1])
  expect((await origin.send('DELETE', path, { as: alice })).status).toBe(204)
  expect((await origin.send('GET', path)).status).toBe(404)
})

describe('a guard that throws', () => {
  it('is 500 without effect, for each kind of write', async () => {
    const bookingId = await booking()
    const path = `/v1/reviews/${(await review(await booking())).json.id}`
    between = () => {
      throw new Error('swordfish')
    }
    const before = await collection('reviews').countDocuments({ _v: { $gt: 0 } })
    for (const [method, target, body] of [
      ['POST', '/v1/reviews', { bookingId, stars: 4 }],
      ['PATCH', path, { stars: 2 }],
      ['DELETE', path, undefined],
      ['POST', '/v1/reviews/praise', { bookingId }],
    ] as const) {
      const answer = await origin.send(method, target, { as: alice, body })
      expect([method, answer.status, answer.text.includes('swordfish')]).toEqual([method, 500, false])
    }
    expect(origin.logged.join('')).toContain('swordfish')
    expect(await collection('reviews').countDocuments({ _v: { $gt: 0 } })).toBe(before)
  })
})

it('a guard of an unknown resource stops the start', async () => {
  const application = defineApplication({ name: 'g', title: 'G', summary: 'G.', resources: [bookings] })
  const server = defineServer(guard(reviews as Resource, async () => undefined))
  await expect(startTestApp({ application, server })).rejects.toThrow("a guard is defined for 'reviews'")
})

it('the documentation page shows the examples of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'guards.md'), 'utf8')
  for (const example of ['reviews.ts', 'server/review-after-stay.ts']) {
    expect(page).toContain(readFileSync(join(folder, 'example', example), 'utf8'))
  }
})
