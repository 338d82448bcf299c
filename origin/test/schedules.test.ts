import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineServer, type JobContext, schedule } from '@spillway/origin/server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { matchBackground } from '../src/background/match-background.ts'
import { SystemWork } from '../src/background/system-work.ts'
import type { Schedule } from '../src/schedules/schedule.ts'
import type { ScheduleObservation } from '../src/schedules/schedule-runner.ts'
import { startSchedules } from '../src/schedules/start-schedules.ts'
import { TestClock } from '../testing/test-clock.ts'
import { labels, taskApplication, taskServer } from './fixture/tasks.ts'
import { startTestApp, type TestApp } from './support/app.ts'

/** A slow machine must not make a process look dead. */
const times = { beatMs: 20, silenceMs: 20_000, pollMs: 10, delaysMs: [10, 10] }

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application: taskApplication, server: taskServer })
})
afterAll(() => origin.stop())

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error('not reached within 20 s')
    await sleep(5)
  }
}

/** Runs jobs as a process of its own would. */
function start(clock: TestClock, schedules: readonly Schedule[], silenceMs = times.silenceMs) {
  const { db } = origin.database
  const { repository, commits } = origin.database.repository()
  const observed: ScheduleObservation[] = []
  const stop = startSchedules(schedules, {
    ...{ db, times: { ...times, silenceMs }, holder: randomUUID(), clock: () => clock.nowMs },
    work: new SystemWork({ catalogue: taskApplication.resources, repository, commits, guards: [] }),
    observe: (observation) => void observed.push(observation),
  })
  running.push(stop)
  return { stop, observed }
}

interface Stored {
  readonly _id: string
  readonly holder: string | null
  readonly note?: { readonly done?: number; readonly begun?: number; readonly attempts?: number }
}
const leases = () => origin.database.db.collection<Stored>('_jobs')
const stored = (name: string) => leases().findOne({ _id: `schedule:${name}` })
/** Waits until the job is known in the database: it runs from then on. */
const known = (name: string) => until(async () => (await stored(name))?.note?.done !== undefined)
const free = (name: string) => until(async () => (await stored(name))?.holder === null)

const newName = () => `job-${randomUUID().slice(0, 8)}`
const clockAt = (time = '2027-01-01T00:30:00Z') => new TestClock(time)

it('runs at its times in UTC, once among all processes', async () => {
  const name = newName()
  const clock = clockAt()
  const dues: string[] = []
  const job = schedule('0 3 * * *', name, ({ due }) => void dues.push(due))
  const started = [start(clock, [job]), start(clock, [job]), start(clock, [job])]
  await known(name)
  clock.advance('2h')
  await sleep(30)
  expect(dues).toEqual([])
  clock.advance('1h')
  await until(() => dues.length === 1)
  clock.advance('1d')
  await until(() => dues.length === 2)
  await free(name)
  expect(dues).toEqual(['2027-01-01T03:00:00.000Z', '2027-01-02T03:00:00.000Z'])
  const ran = started.flatMap(({ observed }) => observed.filter(({ kind }) => kind === 'ran'))
  expect(ran.map((one) => 'due' in one && one.due)).toEqual(expect.arrayContaining(dues))
  expect(ran).toHaveLength(2)
})

it('never overlaps itself, and runs once for all times that came meanwhile', async () => {
  const name = newName()
  const clock = clockAt()
  const dues: string[] = []
  let now = 0
  let most = 0
  const gate = Promise.withResolvers<void>()
  const job = schedule('*/10 * * * *', name, async ({ due }) => {
    now += 1
    most = Math.max(most, now)
    dues.push(due)
    if (dues.length === 1) await gate.promise
    now -= 1
  })
  start(clock, [job])
  start(clock, [job])
  await known(name)
  clock.advance('10m')
  await until(() => dues.length === 1)
  clock.advance('35m')
  await sleep(50)
  expect(dues).toHaveLength(1)
  gate.resolve()
  await until(() => dues.length === 2)
  await free(name)
  expect(dues).toEqual(['2027-01-01T00:40:00.000Z', '2027-01-01T01:10:00.000Z'])
  expect(most).toBe(1)
})

it('makes up for the latest time that all processes missed, or for none', async () => {
  const [latest, none] = [newName(), newName()]
  const clock = clockAt()
  const dues: string[] = []
  const note = ({ key }: JobContext) => void dues.push(key)
  const jobs = [schedule('0 * * * *', latest, note), schedule('0 * * * *', none, note, { missed: 'none' })]
  const { stop } = start(clock, jobs)
  await known(latest)
  await known(none)
  await stop()
  clock.advance('5h')
  start(clock, jobs)
  await until(() => dues.length === 1)
  await until(async () => (await stored(none))?.note?.done === Date.parse('2027-01-01T05:00:00Z'))
  expect(dues).toEqual([`${latest}:2027-01-01T05:00:00.000Z`])
  clock.advance('30m')
  await until(() => dues.length === 3)
  expect(dues.slice(1).toSorted()).toEqual(
    [latest, none].map((name) => `${name}:2027-01-01T06:00:00.000Z`).toSorted(),
  )
})

it('tries a run that fails again with the same key, and gives it up until the next time', async () => {
  const name = newName()
  const clock = clockAt()
  const runs: string[] = []
  const job = schedule('0 * * * *', name, ({ key, attempt }) => {
    runs.push(`${key} ${attempt}`)
    if (runs.length < 4) throw new Error('broken')
  })
  const { observed } = start(clock, [job])
  await known(name)
  clock.advance('30m')
  await until(() => observed.some(({ kind }) => kind === 'gaveUp'))
  const first = `${name}:2027-01-01T01:00:00.000Z`
  expect(runs).toEqual([`${first} 1`, `${first} 2`, `${first} 3`])
  expect(observed[0]).toMatchObject({ kind: 'failed', job: name, attempt: 1, reason: 'Error: broken' })
  clock.advance('1h')
  await until(() => observed.some(({ kind }) => kind === 'ran'))
  expect(runs.at(-1)).toBe(`${name}:2027-01-01T02:00:00.000Z 1`)
})

it('attempts a run again that was cut off by a crash', async () => {
  const name = newName()
  const begun = Date.parse('2027-01-01T00:00:00Z')
  await leases().insertOne({
    ...{ _id: `schedule:${name}`, holder: 'a process that is gone' },
    ...{ beat: 1, note: { done: begun - 3_600_000, begun, attempts: 1 } },
  } as Stored)
  const runs: string[] = []
  const job = schedule('0 * * * *', name, ({ due, attempt }) => void runs.push(`${due} ${attempt}`))
  start(clockAt(), [job], 300)
  await until(() => runs.length === 1)
  expect(runs).toEqual(['2027-01-01T00:00:00.000Z 2'])
})

it('is aborted when the process stops, and the next process makes the same attempt', async () => {
  const name = newName()
  const clock = clockAt()
  const runs: string[] = []
  const job = schedule('0 * * * *', name, async ({ attempt, signal }) => {
    runs.push(`${attempt}`)
    if (runs.length > 1) return
    await new Promise((end) => signal.addEventListener('abort', end))
    runs.push('aborted')
  })
  const { stop } = start(clock, [job])
  await known(name)
  clock.advance('30m')
  await until(() => runs.length === 1)
  await stop()
  start(clock, [job])
  await until(() => runs.length === 3)
  expect(runs).toEqual(['1', 'aborted', '1'])
})

it('writes in parts, each all or nothing, and not after its deadline', async () => {
  const name = newName()
  const clock = clockAt()
  const write = (id: string) => (store: Parameters<Parameters<JobContext['transact']>[0]>[0]) =>
    store.create(labels, { title: id, done: 0 }, { id })
  const errors: unknown[] = []
  const job = schedule(
    '0 * * * *',
    name,
    async ({ transact, signal }) => {
      await transact(write(`${name}-a`))
      await transact(async (store) => {
        await write(`${name}-b`)(store)
        throw new Error('no')
      }).catch((error) => errors.push(error))
      await new Promise((end) => signal.addEventListener('abort', end))
      await transact(write(`${name}-c`)).catch((error) => errors.push(error))
    },
    { timeout: '2s' },
  )
  const { observed } = start(clock, [job])
  await known(name)
  clock.advance('30m')
  await until(() => observed.length > 0)
  expect(observed[0]).toMatchObject({ kind: 'failed', reason: 'it did not end in 2000 ms' })
  await until(() => errors.length >= 2)
  const statuses = ['a', 'b', 'c'].map(
    async (part) => (await origin.send('GET', `/v1/labels/${name}-${part}`)).status,
  )
  expect(await Promise.all(statuses)).toEqual([200, 404, 404])
})

describe('a definition', () => {
  const handle = () => {}

  it.each([
    ['0 0 3 * * *', 'a', {}, "'0 0 3 * * *' is not a cron expression of five fields"],
    ['soon', 'a', {}, 'is not a cron expression'],
    ['0 0 30 2 *', 'a', {}, 'never comes'],
    ['0 3 * * *', 'A b', {}, 'a name has'],
    ['0 3 * * *', 'a', { timeout: '7h' }, 'timeout must be from 1s to 6h'],
  ] as const)('%s %s %o is refused', (cron, name, options, mistake) => {
    expect(() => schedule(cron, name, handle, options)).toThrow(mistake)
  })

  it('must have a name of its own', () => {
    const server = defineServer(schedule('0 3 * * *', 'a', handle), schedule('0 4 * * *', 'a', handle))
    expect(() => matchBackground(taskApplication, server)).toThrow("two jobs have the name 'a'")
  })

  it('knows its times to the second', () => {
    const { next, latest } = schedule('30 3 * * 1', 'a', handle)
    const due = Date.parse('2027-01-04T03:30:00Z')
    expect([next(due - 1), next(due)]).toEqual([due, due + 7 * 86_400_000])
    expect([latest(due - 1), latest(due), latest(due + 999)]).toEqual([due - 7 * 86_400_000, due, due])
  })
})
