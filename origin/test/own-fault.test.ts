import {
  action,
  asStored,
  defineApplication,
  headers as names,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineServer, guard, implement } from '../src/server.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { alice } from './support/client.ts'

/** Requests that are late or refused by the application's own doing are no sign of the origin's health. */

const schema = Type.Object({ count: Type.Integer() })
const counters = resource('counters', {
  description: 'Counters.',
  schema,
  access: { read: signedIn, write: signedIn },
  versions: [asStored('v1', schema)],
})
const slowly = action('slowly', { description: 'Counts.', on: counters, access: signedIn })
const never = action('never', { description: 'Hangs.', on: counters, access: signedIn })
const judged = resource('judged', {
  description: 'With a guard that hangs.',
  schema,
  access: { read: signedIn, write: signedIn },
  versions: [asStored('v1', schema)],
})

const server = defineServer(
  implement(slowly, async ({ document, store }) => {
    await new Promise((resolve) => setTimeout(resolve, 60))
    await meanwhile(document.id)
    return store.increment(counters, document.id, { count: 1 })
  }),
  implement(never, () => new Promise(() => {})),
  guard(judged, () => new Promise(() => {})),
)

let origin: TestApp
let isDatabaseHung = false
/** Called between the read and the write of `slowly`. */
let meanwhile: (id: string) => unknown = () => {}
beforeAll(async () => {
  origin = await startTestApp({
    application: defineApplication({
      ...{ name: 'own-faults', title: 'Own faults', summary: 'Slow code.' },
      resources: [counters, judged],
      actions: [slowly, never],
    }),
    server,
    limit: 1_000,
    over: (repository) => ({
      ...bound(repository),
      read: (of, id, call) =>
        isDatabaseHung
          ? new Promise((resolve) => {
              const late = { kind: 'notDone', reason: 'deadline' } as const
              setTimeout(resolve, call.deadline - performance.now(), late)
            })
          : repository.read(of, id, call),
    }),
  })
})
afterAll(() => origin.stop())

const ended = () => ({ ...origin.admission.snapshot(performance.now()).ended })
const post = (path: string, headers = {}, body?: object) =>
  origin.send('POST', path, { as: alice, headers, ...(body !== undefined && { body }) })
const counter = async () => String((await post('/v1/counters', {}, { count: 0 })).headers.location)
/** Far above what the rest of a request takes on a slow machine. */
const timeout = { [names.timeoutMs]: '1500' }
const told = (answer: Awaited<ReturnType<typeof post>>) => answer.headers[names.ownFault]

it('many at once for one document are done, or refused in time', async () => {
  const path = await counter()
  const answers = await Promise.all(Array.from({ length: 60 }, () => post(`${path}/slowly`)))
  const done = answers.filter(({ status }) => status === 200).length
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(60)
  for (const { status, json } of answers) {
    if (status !== 200)
      expect(['409 write-conflict', '503 outcome-unknown', '504 deadline-exceeded']).toContain(
        `${status} ${json.code}`,
      )
  }
  // A slow machine may answer some commits too late: those may count or not.
  const unknown = answers.filter(({ json }) => json.code === 'outcome-unknown').length
  const { count } = (await origin.send('GET', path, { as: alice })).json
  expect(count).toBeGreaterThanOrEqual(done)
  expect(count).toBeLessThanOrEqual(done + unknown)
})

it('one that has lost its document to another is late by its own doing', async () => {
  const path = await counter()
  const before = ended()
  meanwhile = async (id) => {
    await origin.database.db.collection('counters').updateOne({ _id: id as never }, { $inc: { _v: 1 } })
    isDatabaseHung = true
  }
  try {
    const answer = await post(`${path}/slowly`, timeout)
    expect([answer.status, told(answer)]).toEqual([504, '1'])
    expect(ended().dropped).toBe(before.dropped)
  } finally {
    isDatabaseHung = false
    meanwhile = () => {}
  }
})

it.each([
  ['handler', async () => `${await counter()}/never`, undefined],
  ['guard', async () => '/v1/judged', { count: 0 }],
])('a %s that does not end is its own fault', async (_, path, body) => {
  const before = ended()
  const answer = await post(await path(), timeout, body)
  expect([answer.status, told(answer)]).toEqual([504, '1'])
  expect(ended()).toMatchObject({ dropped: before.dropped, ignored: before.ignored + 1 })
})

it('a database that does not answer is not', async () => {
  const path = await counter()
  const before = ended()
  isDatabaseHung = true
  try {
    const answer = await post(`${path}/slowly`, timeout)
    expect([answer.status, told(answer)]).toEqual([504, undefined])
    expect(ended().dropped).toBe(before.dropped + 1)
  } finally {
    isDatabaseHung = false
  }
})
