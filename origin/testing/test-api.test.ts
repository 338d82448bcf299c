import { asStored, defineApplication, owner, resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from './index.ts'
import { TestClock } from './test-clock.ts'

const stored = Type.Object({
  text: Type.String({ maxLength: 200 }),
  slug: Type.String({ maxLength: 40 }),
  ownerId: Type.String({ maxLength: 255 }),
})
const notes = resource('notes', {
  description: 'Notes.',
  schema: stored,
  access: { read: owner('ownerId'), create: signedIn, update: owner('ownerId'), delete: owner('ownerId') },
  softDelete: { keep: '30d' },
  events: true,
  indexes: [{ fields: { ownerId: 1 } }, { fields: { slug: 1 }, unique: true }],
  versions: [asStored('v1', stored, { readOnly: ['ownerId'] })],
})
const application = defineApplication({
  name: 'notes',
  title: 'Notes',
  summary: 'Notes.',
  resources: [notes],
})

let api: TestApi<typeof application>
beforeAll(async () => {
  api = await startTestApi({ application, startsAt: '2027-01-01T00:00:00Z' })
})
afterAll(() => api?.stop())
const as = (subject?: string) => api.as(subject === undefined ? undefined : { subject }).v1.notes

describe('an application in a test', () => {
  it('takes requests of anybody', async () => {
    const made = await as('ann').create({ text: 'Hello', slug: 'a' })
    expect(made.document.ownerId).toBe('ann')
    expect(await as('ann').read(made.document.id)).toEqual(made)
    await expect(as('bob').read(made.document.id)).rejects.toMatchObject({ code: 'not-found' })
    await expect(as().list().page()).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('has the indexes of its resources', async () => {
    await as('ann').create({ text: 'One', slug: 'once' })
    await expect(as('bob').create({ text: 'Two', slug: 'once' })).rejects.toMatchObject({
      code: 'unique-conflict',
    })
  })

  it('restores a deleted document', async () => {
    const made = await as('ann').create({ text: 'Back', slug: 'back' })
    await as('ann').delete(made)
    await expect(as('bob').restore(made.document.id)).rejects.toMatchObject({ code: 'not-found' })
    const restored = await as('ann').restore(made)
    expect(restored.document.text).toBe('Back')
    expect(await as('ann').read(made.document.id)).toEqual(restored)
  })

  it('stores documents past its rules', async () => {
    const { id } = await api.insert(notes, { text: 'Old', slug: 'old', ownerId: 'zoe' })
    expect((await as('zoe').read(id)).document).toMatchObject({ id, text: 'Old' })
    await expect(api.insert(notes, { text: 'Old', slug: 'old', ownerId: 'zoe' })).rejects.toThrow("'notes'")
  })

  it('has a clock, which callers stay signed in beyond', async () => {
    expect(api.clock.advance('1d')).toBe('2027-01-02T00:00:00.000Z')
    const { document } = await as('ann').create({ text: 'Later', slug: 'later' })
    expect(document.createdAt).toBe('2027-01-02T00:00:00.000Z')
  })

  it('tells which events its writes have', async () => {
    const made = await as('ann').create({ text: 'x', slug: 'events' })
    await as('ann').delete(await as('ann').patch(made, { text: 'y' }))
    const { id } = made.document
    const of = (await api.events()).filter((event) => event.id === id)
    expect(of).toMatchObject([
      { resource: 'notes', type: 'created', version: 1, by: 'ann' },
      { type: 'updated', version: 2, changed: ['text'] },
      { type: 'deleted' },
    ])
  })

  it('tells what its writes purge', async () => {
    const { document } = await as('ann').create({ text: 'x', slug: 'purge' })
    api.purged.length = 0
    await as('ann').patch(document.id, { text: 'y' })
    expect(api.purged).toContain(`notes:${document.id}`)
  })
})

it('a clock refuses a start that is not a time', () => {
  expect(() => new TestClock('tomorrow')).toThrow("'tomorrow' is not a time")
})
