import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asStored, defineApplication, never, resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bookings } from '../docs/model/example/bookings.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice } from './support/client.ts'

let isBroken = false
const noteSchema = Type.Object({
  text: Type.String(),
  author: Type.String(),
  changes: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
})
const notes = resource('notes', {
  description: 'Notes with a rule that can fail.',
  schema: noteSchema,
  access: { read: signedIn, write: signedIn },
  set: {
    at: (_, { now }) => now,
    author: (_, { principal, before }) => before?.author ?? principal?.subject ?? '',
    changes: (_, { before }) => {
      if (isBroken) throw new Error('swordfish')
      return (before?.changes ?? -1) + 1
    },
  },
  versions: [asStored('v1', noteSchema, { readOnly: ['at', 'author', 'changes'] })],
})

let origin: TestApp
beforeAll(async () => {
  const application = defineApplication({
    name: 'rules',
    title: 'Rules',
    summary: 'Write rules.',
    resources: [bookings, notes],
  })
  origin = await startTestApp({ application })
})
afterAll(() => origin.stop())
beforeEach(() => {
  isBroken = false
})

const stay = { listingId: 'villa', startsOn: '2027-05-01', endsOn: '2027-05-04', guests: 2 }
const send = (method: string, path: string, body?: unknown) => origin.send(method, path, { as: alice, body })
const book = async (): Promise<string> => String((await send('POST', '/v1/bookings', stay)).headers.location)
const stored = (path: string) => ({ _id: path.split('/').at(-1) }) as never

it('the types refuse what a computed field cannot have', () => {
  const schema = Type.Object({
    title: Type.String(),
    status: Type.Enum(['open', 'done']),
    doneAt: Type.Optional(Type.String({ format: 'date-time' })),
    tags: Type.Array(Type.String()),
  })
  const shared = {
    description: 'Tasks.',
    schema,
    // Nobody creates one, so that no field has to be given.
    access: { read: signedIn, create: never, update: signedIn, delete: never },
    versions: [asStored('v1', schema, { readOnly: ['status', 'doneAt', 'tags'] })],
  }
  const right = resource('right', {
    ...shared,
    set: {
      status: ({ status }) => status ?? 'open',
      doneAt: ({ status, doneAt }, { now }) => (status === 'done' ? (doneAt ?? now) : undefined),
      tags: ({ tags, title }, { before }) => before?.tags ?? tags ?? [title],
    },
  })
  expect(Object.keys(right.rules.set)).toEqual(['status', 'doneAt', 'tags'])
  // @ts-expect-error: a required field always has a value.
  resource('required', { ...shared, set: { status: ({ status }) => status } })
  // @ts-expect-error: none of its values.
  resource('other', { ...shared, set: { status: () => 'lost' } })
  // @ts-expect-error: a field that has no value is left out, not null.
  resource('nothing', { ...shared, set: { doneAt: () => null } })
  // @ts-expect-error: no such field.
  expect(() => resource('unknown', { ...shared, set: { done: () => true } })).toThrow("set names 'done'")
})

it('the documentation page shows the example of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/bookings.ts'), 'utf8')
  expect(readFileSync(join(folder, 'write-rules.md'), 'utf8')).toContain(example)
})

describe('set', () => {
  it('computes fields of a create', async () => {
    const { status, json } = await send('POST', '/v1/bookings', stay)
    expect([status, json.nights, json.status, json.guestId]).toEqual([201, 3, 'requested', 'alice'])
    expect(json).not.toHaveProperty('acceptedAt')
  })

  it('computes them again for PATCH and PUT, from the new stored fields', async () => {
    const path = await book()
    expect((await send('PATCH', path, { endsOn: '2027-05-11' })).json).toMatchObject({ nights: 10 })
    const put = await send('PUT', path, { ...stay, endsOn: '2027-05-02' })
    expect(put.json).toMatchObject({ nights: 1, status: 'requested' })
  })

  it('computes them for each item of a batch', async () => {
    const items = [stay, { ...stay, endsOn: '2027-05-02' }]
    const { json } = await send('POST', '/v1/bookings/batch', { items })
    expect(json.items.map(({ item }: { item: { nights: number } }) => item.nights)).toEqual([3, 1])
  })

  it('gets the time of the write, as documents store it', async () => {
    const before = new Date().toISOString()
    const { json } = await send('POST', '/v1/notes', { text: 'a' })
    expect([before, json.at, new Date().toISOString()].toSorted()[1]).toBe(json.at)
  })

  it('gets the caller, and the document before', async () => {
    const { headers, json } = await send('POST', '/v1/notes', { text: 'a' })
    expect(json).toMatchObject({ author: 'alice', changes: 0 })
    const path = String(headers.location)
    const bob = { subject: 'bob', scopes: [] }
    const changed = await origin.send('PATCH', path, { as: bob, body: { text: 'b' } })
    expect(changed.json).toMatchObject({ author: 'alice', changes: 1 })
  })

  it('counts each of many concurrent changes, because a rule sees the document that is replaced', async () => {
    const path = String((await send('POST', '/v1/notes', { text: 'a' })).headers.location)
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, index) => send('PATCH', path, { text: `${index}` })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await send('GET', path)).json.changes).toBe(4)
  })

  it('refuses computed fields in bodies', async () => {
    const { status, json } = await send('POST', '/v1/bookings', { ...stay, status: 'accepted' })
    expect([status, json.errors]).toEqual([
      422,
      [{ pointer: '/status', detail: 'Read-only field: omit it.' }],
    ])
  })
})

describe('check', () => {
  const backwards = { ...stay, endsOn: stay.startsOn, startsOn: '2027-05-09' }

  it('refuses a create, with the pointer of the mistake', async () => {
    const past = { ...stay, startsOn: '2020-01-01' }
    const { status, json } = await send('POST', '/v1/bookings', past)
    expect([status, json.code]).toEqual([422, 'validation-failed'])
    expect(json.errors).toEqual([{ pointer: '/startsOn', detail: 'Must not be in the past.' }])
  })

  it('refuses PATCH and PUT alike, and changes nothing', async () => {
    const path = await book()
    for (const [method, body] of [
      ['PATCH', { guests: 2, endsOn: '2027-05-01' }],
      ['PUT', { ...stay, guests: 2, endsOn: '2027-05-01' }],
    ] as const) {
      const answer = await send(method, path, body)
      expect([answer.status, answer.json.code]).toEqual([422, 'validation-failed'])
    }
    const read = await send('GET', path)
    expect([read.json.nights, read.headers.etag]).toEqual([3, expect.stringMatching(/^"1\./)])
  })

  it('refuses a single item of a batch', async () => {
    const items = [stay, { ...stay, startsOn: '2020-01-01' }]
    const { json } = await send('POST', '/v1/bookings/batch', { items })
    expect(json.items.map(({ status }: { status: number }) => status)).toEqual([201, 422])
  })

  it('runs after the schema: an invalid computed value is reported first', async () => {
    const { status, json } = await send('POST', '/v1/bookings', backwards)
    expect([status, json.errors[0].pointer]).toEqual([422, '/nights'])
  })

  it('names a conflict by its reason', async () => {
    const path = await book()
    const accepted = { $set: { status: 'accepted', acceptedAt: '2027-01-02T00:00:00.000Z' } }
    await origin.database.db.collection('bookings').updateOne(stored(path), accepted)
    const { status, json } = await send('PATCH', path, { guests: 3 })
    expect([status, json.code, json.reason]).toEqual([409, 'conflict', 'booking-decided'])
    expect(json.detail).toBe('Only a booking that is still requested can be changed.')
  })
})

describe('a rule that throws', () => {
  it('is a 500 without details, is logged, and has no effect', async () => {
    const path = String((await send('POST', '/v1/notes', { text: 'a' })).headers.location)
    isBroken = true
    const count = await origin.database.db.collection('notes').countDocuments()
    const items = [{ text: 'a' }, { text: 'b' }]
    for (const [method, target, body] of [
      ['POST', '/v1/notes', { text: 'b' }],
      ['POST', '/v1/notes/batch', { items }],
      ['PATCH', path, { text: 'b' }],
      ['PUT', path, { text: 'b' }],
    ] as const) {
      const before = origin.logged.length
      const answer = await send(method, target, body)
      expect([answer.status, answer.json.code]).toEqual([500, 'internal-error'])
      expect(answer.text).not.toContain('swordfish')
      expect(origin.logged.slice(before).join('')).toContain('swordfish')
    }
    isBroken = false
    expect(await origin.database.db.collection('notes').countDocuments()).toBe(count)
    expect((await send('GET', path)).json).toMatchObject({ text: 'a', changes: 0 })
  })
})
