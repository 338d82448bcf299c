import { randomUUID } from 'node:crypto'
import { application, boards, posts } from '@spillway/origin/fixture/boards'
import { on, schedule } from '@spillway/origin/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SystemWork } from '../../origin/src/background/system-work.ts'
import { deliveryTimes } from '../../origin/src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../../origin/src/deliveries/delivery-totals.ts'
import { startEvents } from '../../origin/src/events/start-events.ts'
import { startHandlers } from '../../origin/src/handlers/start-handlers.ts'
import { EdgePurges } from '../../origin/src/purges/edge-purges.ts'
import { sendPurge } from '../../origin/src/purges/send-purge.ts'
import { startSchedules } from '../../origin/src/schedules/start-schedules.ts'
import { ChangeLog } from '../../origin/src/store/change-log.ts'
import { DeliveryStore } from '../../origin/src/store/delivery-store.ts'
import { TestClock } from '../../origin/testing/test-clock.ts'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** Writes of handlers and jobs, as readers see them through an edge that has stored what they change, for an hour. */

const purgeKey = 'k'.repeat(43)
const clock = new TestClock('2027-01-01T00:00:00Z')
const stops: (() => Promise<void>)[] = []
/** Calls to the edge that are to be lost before it gets them. */
let lost = 0
let calls = 0
let stack: ExampleStack

/** Counts the posts of a board. */
const count = on(posts, { name: 'count', types: ['created'] }, async ({ documentId }, { store }) => {
  const post = await store.get(posts, documentId)
  if (post !== undefined) await store.increment(boards, post.boardId, { posts: 1 })
})
const paint = schedule('0 3 * * *', 'paint', ({ transact }) =>
  transact(async (store) => {
    const white = await store.list(boards, { filter: { color: 'white' }, limit: 50 })
    for (const { id } of white) await store.update(boards, id, { color: 'red' })
  }),
)

beforeAll(async () => {
  stack = await startExampleStack({
    worker: 'boards-worker',
    app: { application },
    people: { ann: {} },
    purgeKey,
  })
  const { db, pool } = stack.origin.database
  const { bounds } = pool
  const { resources: catalogue } = application
  const { repository, commits } = stack.origin.database.repository()
  const purges = new EdgePurges({
    observe: () => {},
    async send(tags) {
      calls += 1
      if (lost > 0) {
        lost -= 1
        return 'no answer'
      }
      return sendPurge({ url: stack.url, purgeKey }, tags)
    },
  })
  const work = new SystemWork({ catalogue, repository, commits, guards: [], purges })
  const holder = randomUUID()
  const events = startEvents({
    ...{ db, bounds, catalogue, holder, unreadyIndexes: () => [], isBusy: () => false, observe: () => {} },
  })
  stops.push(
    startHandlers({
      ...{ db, work, holder, handlers: [count], totals: new DeliveryTotals() },
      ...{ store: new DeliveryStore(db, bounds), log: new ChangeLog(db, bounds) },
      ...{ isReady: () => true, isBusy: () => false, observe: () => {} },
      times: { ...deliveryTimes, idleMs: 20 },
    }),
    startSchedules([paint], {
      ...{ db, work, holder, clock: () => clock.nowMs, observe: () => {} },
      times: { beatMs: 500, silenceMs: 20_000, pollMs: 20, delaysMs: [] },
    }),
    events.stop,
    () => purges.stop(),
  )
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await stack?.stop()
})

const patience = { timeout: 30_000, interval: 50 }
const newBoard = async (color: string): Promise<string> => {
  const made = await stack.send('ann', 'POST', '/v1/boards', { body: { posts: 0, color } })
  return made.json.id
}
/** Reads until the edge answers from what it has stored. */
const stored = async (path: string) => {
  await vi.waitFor(async () => expect((await stack.send(undefined, 'GET', path)).isHit).toBe(true), patience)
  return (await stack.send(undefined, 'GET', path)).json
}
const post = (boardId: string) => stack.send('ann', 'POST', '/v1/posts', { body: { boardId } })

test('a write of a handler is seen by readers to whom the edge has shown the old document and list', async () => {
  const id = await newBoard('green')
  expect((await stored(`/v1/boards/${id}`)).posts).toBe(0)
  expect((await stored('/v1/boards?color=green')).items).toEqual([expect.objectContaining({ posts: 0 })])
  await post(id)
  await vi.waitFor(async () => {
    expect((await stack.send(undefined, 'GET', `/v1/boards/${id}`)).json.posts).toBe(1)
    const [listed] = (await stack.send(undefined, 'GET', '/v1/boards?color=green')).json.items
    expect(listed.posts).toBe(1)
  }, patience)
})

test('a write of a job moves its document from one stored list to another', async () => {
  const id = await newBoard('white')
  const idsOf = async (color: string) =>
    (await stack.send(undefined, 'GET', `/v1/boards?color=${color}`)).json.items.map(
      (one: { id: string }) => one.id,
    )
  expect((await stored('/v1/boards?color=white')).items).toHaveLength(1)
  expect((await stored('/v1/boards?color=red')).items).toEqual([])
  clock.advance('4h')
  await vi.waitFor(async () => {
    expect([await idsOf('white'), await idsOf('red')]).toEqual([[], [id]])
  }, patience)
  expect((await stack.send(undefined, 'GET', `/v1/boards/${id}`)).json.color).toBe('red')
})

test('a purge that does not reach the edge is sent again', async () => {
  const id = await newBoard('blue')
  expect((await stored(`/v1/boards/${id}`)).posts).toBe(0)
  const before = calls
  lost = 2
  await post(id)
  await vi.waitFor(async () => {
    expect((await stack.send(undefined, 'GET', `/v1/boards/${id}`)).json.posts).toBe(1)
  }, patience)
  expect(calls - before).toBeGreaterThanOrEqual(3)
})
