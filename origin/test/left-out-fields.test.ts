import {
  asStored,
  defineApplication,
  openApiDocument,
  representation,
  resource,
  role,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice } from './support/client.ts'

const schema = Type.Object({
  title: Type.String({ maxLength: 80 }),
  priority: Type.Integer({ minimum: 1, maximum: 5 }),
  slug: Type.String({ maxLength: 80 }),
  grade: Type.String({ maxLength: 1 }),
  checkedBy: Type.String({ maxLength: 80 }),
})
const staff = role('staff')
const definition = {
  description: 'Tasks with defaults.',
  schema,
  access: {
    read: signedIn,
    write: signedIn,
    fields: { priority: { write: staff }, grade: { write: staff }, checkedBy: { write: { kind: 'never' } } },
  },
  set: {
    priority: ({ priority }: { priority?: number }) => priority ?? 3,
    slug: ({ slug, title }: { slug?: string; title: string }) => slug ?? title.toLowerCase(),
    checkedBy: () => 'nobody',
  },
  versions: [asStored('v1', schema)],
} as const
const tasks = resource('tasks', definition)
const application = defineApplication({
  name: 'defaults',
  title: 'Defaults',
  summary: 'Fields that bodies leave out.',
  resources: [tasks],
})

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application })
})
afterAll(() => origin.stop())

const chief = { subject: 'chief', scopes: [], claims: { roles: ['staff'] } }
const send = (as: typeof chief | typeof alice, method: string, path: string, body: unknown) =>
  origin.send(method, path, { as, body })
const create = async (body: object) => {
  const { status, headers, json } = await send(chief, 'POST', '/v1/tasks', body)
  expect(status).toBe(201)
  return { path: String(headers.location), json }
}
const required = { title: 'Mow', grade: 'A' }

describe('a required field', () => {
  it('that set computes may be left out, and sent', async () => {
    const { json } = await create(required)
    expect(json).toMatchObject({ priority: 3, slug: 'mow', checkedBy: 'nobody' })
    const sent = await create({ ...required, priority: 1, slug: 'lawn' })
    expect(sent.json).toMatchObject({ priority: 1, slug: 'lawn' })
  })

  it('that the caller may not write is refused where it is sent, and stays where it is left out', async () => {
    const sent = await send(alice, 'POST', '/v1/tasks', { title: 'Mow', priority: 1 })
    expect([sent.status, sent.json.errors[0].pointer]).toEqual([403, '/priority'])
    const { path } = await create({ ...required, priority: 1 })
    const put = await send(alice, 'PUT', path, { title: 'Rake' })
    expect([put.status, put.json]).toMatchObject([200, { title: 'Rake', priority: 1, grade: 'A' }])
  })

  it('that nothing gives is required in the end', async () => {
    const errors = [{ pointer: '/grade', detail: 'Required field.' }]
    for (const as of [alice, chief]) {
      const { status, json } = await send(as, 'POST', '/v1/tasks', { title: 'Mow' })
      expect([status, json.errors]).toEqual([422, errors])
    }
    const { path } = await create(required)
    for (const [method, body] of [
      ['PUT', { title: 'Rake' }],
      ['PATCH', { grade: null }],
    ] as const) {
      const { status, json } = await send(chief, method, path, body)
      expect([status, json.errors]).toEqual([422, errors])
    }
  })

  it('is computed again where a patch removes it', async () => {
    const { path } = await create({ ...required, priority: 1 })
    const { status, json } = await send(chief, 'PATCH', path, { priority: null })
    expect([status, json.priority]).toEqual([200, 3])
  })
})

it('the OpenAPI document requires what every body must have', () => {
  const { components } = openApiDocument(application) as {
    components: { schemas: Record<string, { required?: string[]; properties: Record<string, object> }> }
  }
  const { TasksV1Input: input, TasksV1Patch: patch } = components.schemas
  expect(input?.required).toEqual(['title'])
  const nullable = Object.entries(patch?.properties ?? {}).filter(([, field]) => 'anyOf' in field)
  expect(nullable.map(([name]) => name)).toEqual(['priority', 'slug', 'checkedBy'])
})

it('a version that takes such a field for granted is refused', () => {
  const version = representation('v1', {
    stored: schema,
    schema,
    fromStored: (stored) => stored,
    toStored: (input) => ({ ...input, slug: input.slug.trim() }),
    paths: {},
  })
  expect(() => resource('tasks', { ...definition, versions: [version] })).toThrow(
    "versions.v1.toStored fails where 'slug' is not sent, which set computes",
  )
})
