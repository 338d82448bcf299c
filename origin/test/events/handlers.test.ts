import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineServer, guard, type HandledEvent, on } from '@spillway/origin/server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { matchBackground } from '../../src/background/match-background.ts'
import { SystemWork } from '../../src/background/system-work.ts'
import { deliveryTimes } from '../../src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../../src/deliveries/delivery-totals.ts'
import type { DeliveryObservation } from '../../src/deliveries/subscriber.ts'
import { drainTimes } from '../../src/events/drain.ts'
import { startEvents } from '../../src/events/start-events.ts'
import type { EventHandler } from '../../src/handlers/on.ts'
import { startHandlers } from '../../src/handlers/start-handlers.ts'
import { ChangeLog } from '../../src/store/change-log.ts'
import { DeliveryStore } from '../../src/store/delivery-store.ts'
import { labels, notes, taskApplication, taskServer, tasks } from '../fixture/tasks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice } from '../support/client.ts'

const times = { ...deliveryTimes, idleMs: 10, saveMs: 20, reloadMs: 20, graceMs: 200 }
const lease = { beatMs: 50, silenceMs: 20_000, pollMs: 20 }

let origin: TestApp
let store: DeliveryStore
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  origin = await startTestApp({ application: taskApplication, server: taskServer })
  const { db, pool } = origin.database
  store = new DeliveryStore(db, pool.bounds)
  const drain = startEvents({
    ...{ db, bounds: pool.bounds, catalogue: taskApplication.resources, holder: randomUUID() },
    unreadyIndexes: () => [],
    isBusy: () => false,
    observe: () => {},
    times: { ...drainTimes, idleMs: 10, pollMs: 20 },
  })
  stops.push(drain.stop)
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await origin.stop()
})

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

interface Started {
  readonly stop: () => Promise<void>
  readonly totals: DeliveryTotals
  readonly observed: DeliveryObservation[]
  /** Cache tags that the edge was told to purge, in order. */
  readonly purged: string[]
}

/** Handles events as a process of its own would. */
function start(handlers: readonly EventHandler[], delaysMs: readonly number[] = [20, 20, 20]): Started {
  const { db, pool } = origin.database
  const { repository, commits } = origin.database.repository()
  const totals = new DeliveryTotals()
  const observed: DeliveryObservation[] = []
  const purged: string[] = []
  const guards = [
    guard(labels, async ({ fields }) =>
      fields?.title === 'bad' ? [{ pointer: '/title', detail: 'No.' }] : undefined,
    ),
  ]
  const purges = { purge: async (tags: readonly string[]) => void purged.push(...tags) }
  const stop = startHandlers({
    ...{ db, store, totals, handlers, delaysMs, times, lease, holder: randomUUID() },
    log: new ChangeLog(db, pool.bounds),
    work: new SystemWork({ catalogue: taskApplication.resources, repository, commits, guards, purges }),
    isReady: () => true,
    isBusy: () => false,
    observe: (observation) => void observed.push(observation),
  })
  running.push(stop)
  return { stop, totals, observed, purged }
}

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  // Longer than the lease's silence: on a full machine a beat may come too late.
  const deadline = performance.now() + 2 * lease.silenceMs
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached in time')
    await sleep(10)
  }
}

/** Waits until a subscriber has a position: later events are its own. */
const began = (name: string) =>
  until(async () => (await store.subscribers()).some(({ _id }) => _id === `handler:${name}`))

async function newTask(title: string): Promise<string> {
  const made = await origin.send('POST', '/v1/tasks', { as: alice, body: { title, done: 0 } })
  expect(made.status).toBe(201)
  return made.json.id
}
const patch = async (id: string, done: number) =>
  expect((await origin.send('PATCH', `/v1/tasks/${id}`, { as: alice, body: { done } })).status).toBe(200)

const newName = () => `h-${randomUUID().slice(0, 8)}`
/** A handler that writes down what it gets. */
function recorder(name: string, also: (event: HandledEvent) => unknown = () => {}) {
  const seen: HandledEvent[] = []
  const handler = on(
    tasks,
    { name, types: ['created', 'updated', 'deleted'], attempts: 4 },
    async (event) => {
      await also(event)
      seen.push(event)
    },
  )
  return { handler, seen, of: (id: string) => seen.filter(({ documentId }) => documentId === id) }
}

it('gets each event of its types once, in order per document, and goes on where another process stopped', async () => {
  const name = newName()
  const first = recorder(name)
  const started = start([first.handler])
  await began(name)
  const id = await newTask('a')
  await patch(id, 1)
  await until(() => first.of(id).length === 2)
  expect(first.of(id).map(({ type, version, by, changed }) => [type, version, by, changed])).toEqual([
    ['created', 1, 'alice', undefined],
    ['updated', 2, 'alice', ['done']],
  ])
  await started.stop()
  await patch(id, 2)
  await origin.send('DELETE', `/v1/tasks/${id}`, { as: alice })
  const second = recorder(name)
  // Two processes at once: one of them has the lease.
  start([second.handler])
  start([second.handler])
  await until(() => second.of(id).length >= 2)
  expect(second.of(id).map(({ type, version }) => [type, version])).toEqual([
    ['updated', 3],
    ['deleted', 3],
  ])
  expect(started.totals.of(`handler:${name}`).delivered).toBe(2)
})

it('tries again what failed, keeps the order of its document meanwhile, and delivers other documents', async () => {
  const name = newName()
  let failures = 0
  let poisoned = ''
  const { handler, of } = recorder(name, ({ documentId, version }) => {
    if (documentId !== poisoned || version > 1 || failures === 1) return
    failures += 1
    throw new TypeError('on purpose')
  })
  const { observed, totals } = start([handler], [3_600_000])
  await began(name)
  poisoned = randomUUID()
  const made = await origin.send('POST', '/v1/tasks/finish', { as: alice, body: { ids: [], add: poisoned } })
  expect(made.status).toBe(204)
  await until(() => failures === 1)
  await patch(poisoned, 1)
  const other = await newTask('other')
  await until(() => of(other).length === 1)
  expect(of(poisoned)).toEqual([])
  await until(async () => (await store.list(`handler:${name}`, 'waiting', 10)).length === 2)
  expect(await store.replay(`handler:${name}`)).toBe(2)
  await until(() => of(poisoned).length === 2)
  expect(of(poisoned).map(({ version }) => version)).toEqual([1, 2])
  const failed = observed.filter(({ kind }) => kind === 'failed')
  expect(failed).toHaveLength(1)
  expect(failed[0]).toMatchObject({ document: poisoned, attempt: 1, reason: 'TypeError: on purpose' })
  expect(totals.of(`handler:${name}`)).toMatchObject({ failed: 1, dead: 0 })
  await until(async () => (await store.list(`handler:${name}`, 'waiting', 10)).length === 0)
})

it('gives an event up after the last attempt, goes on with its document, and repeats it when asked', async () => {
  const name = newName()
  let isBroken = true
  const { handler, of } = recorder(name, ({ version }) => {
    if (version === 1 && isBroken) throw new Error('broken')
  })
  const { observed } = start([handler], [5, 5, 5])
  await began(name)
  const id = await newTask('a')
  await patch(id, 1)
  await until(() => of(id).length === 1)
  expect(of(id)[0]?.version).toBe(2)
  const [dead] = await store.list(`handler:${name}`, 'dead', 10)
  expect(dead).toMatchObject({ attempts: 4, reason: 'Error: broken', change: { document: id, version: 1 } })
  expect(observed.map(({ kind }) => kind)).toEqual(['began', 'failed', 'failed', 'failed', 'dead'])
  isBroken = false
  expect(await store.replay(`handler:${name}`, dead?.change.event)).toBe(1)
  await until(() => of(id).length === 2)
  await until(async () => (await store.list(`handler:${name}`, 'waiting', 10)).length === 0)
  expect(await store.list(`handler:${name}`, 'dead', 10)).toEqual([])
})

it('delivers everything after a position again', async () => {
  const name = newName()
  const { handler, of } = recorder(name)
  start([handler])
  await began(name)
  const [first, second] = [await newTask('a'), await newTask('b')]
  await until(() => of(first).length + of(second).length === 2)
  const position = of(first)[0]?.position as number
  expect(await store.move(`handler:${name}`, position)).toBe(true)
  await until(() => of(second).length === 2)
  expect(of(first)).toHaveLength(1)
})

describe('its writes', () => {
  it('happen once, although the event is delivered again', async () => {
    const name = newName()
    let runs = 0
    const counter = `counter-${name}`
    const handler = on(tasks, { name, types: ['created'] }, async ({ position }, { store: documents }) => {
      runs += 1
      if ((await documents.get(labels, counter)) === undefined)
        await documents.create(labels, { title: String(position), done: 1 }, { id: counter })
      else await documents.increment(labels, counter, { done: 1 })
    })
    const { purged } = start([handler])
    await began(name)
    const from = (await store.subscribers()).find(({ _id }) => _id === `handler:${name}`)?.position as number
    await newTask('a')
    await newTask('b')
    const done = async () => (await origin.send('GET', `/v1/labels/${counter}`)).json.done
    await until(async () => (await done()) === 2)
    expect(purged).toContain(`labels:${counter}`)
    purged.length = 0
    const before = runs
    await store.move(`handler:${name}`, from)
    await until(() => runs >= before + 2)
    expect(await done()).toBe(2)
    // The process that wrote may have crashed before it told the edge.
    await until(() => purged.filter((tag) => tag === `labels:${counter}`).length === 2)
  })

  it('are judged by guards, and none happens if the handler throws, ends late or is refused', async () => {
    const name = newName()
    const titles: Record<string, () => Promise<void>> = {
      throws: async () => {
        throw new Error('no')
      },
      late: () => sleep(60_000, undefined, { ref: false }),
    }
    let id = ''
    const attempt = { name, types: ['created'], attempts: 1, timeout: '1s' } as const
    const handler = on(tasks, attempt, async ({ documentId }, { store: documents, signal }) => {
      const task = await documents.get(tasks, documentId)
      if (task === undefined) return
      await documents.create(labels, { title: task.title, done: 0 }, { id: `l-${documentId}` })
      await Promise.race([
        titles[task.title]?.(),
        new Promise((end) => signal.addEventListener('abort', end)),
      ])
      if (signal.aborted)
        await documents.create(labels, { title: 'after', done: 0 }, { id: `x-${documentId}` })
    })
    const { observed } = start([handler])
    await began(name)
    const reasons = {
      throws: 'Error: no',
      late: 'it did not end in 1000 ms',
      bad: 'ProblemError: validation',
    }
    for (const [title, reason] of Object.entries(reasons)) {
      id = await newTask(title)
      await until(async () =>
        (await store.list(`handler:${name}`, 'dead', 10)).some((one) => one.change.document === id),
      )
      const dead = observed.at(-1)
      expect(dead).toMatchObject({ kind: 'dead', document: id, reason: expect.stringContaining(reason) })
      expect((await origin.send('GET', `/v1/labels/l-${id}`)).status).toBe(404)
      expect((await origin.send('GET', `/v1/labels/x-${id}`)).status).toBe(404)
    }
  })
})

it('names events that expired before they were delivered', async () => {
  const name = newName()
  const { handler, of } = recorder(name)
  const { stop } = start([handler])
  await began(name)
  await stop()
  const { position } = (await store.subscribers()).find(({ _id }) => _id === `handler:${name}`) ?? {
    position: 0,
  }
  const [lost, kept] = [await newTask('a'), await newTask('b')]
  const log = origin.database.db.collection<{ _id: number; document: string }>('_changes')
  await until(async () => (await log.findOne({ document: kept })) !== null)
  await log.deleteOne({ document: lost })
  const { observed } = start([handler])
  await until(() => of(kept).length === 1)
  expect(observed).toContainEqual({
    ...{ kind: 'missed', subscriber: `handler:${name}` },
    after: position,
    next: of(kept)[0]?.position,
  })
})

it('a definition that cannot work stops the start', () => {
  const handle = () => {}
  const make = (options: object) => () =>
    on(tasks, { name: 'a', types: ['created'], ...options } as never, handle)
  expect(make({ name: 'A b' })).toThrow("handler 'A b': a name has")
  expect(make({ types: [] })).toThrow('types are some of created, updated, deleted, restored')
  expect(make({ timeout: '1h' })).toThrow('timeout must be from 1s to 10m')
  expect(make({ attempts: 11 })).toThrow('attempts must be an integer from 1 to 10')
  expect(make({ concurrency: 0 })).toThrow('concurrency must be an integer from 1 to 32')
  const same = { name: 'same', types: ['created'] } as const
  const server = defineServer(on(labels, same, handle), on(notes, same, handle))
  expect(() => matchBackground(taskApplication, server)).toThrow(
    "handler 'same' is on 'labels', which has no events: give it events: true\ntwo handlers have the name 'same'",
  )
})
