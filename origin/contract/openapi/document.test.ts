import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { notices } from '../../docs/model/example/notices.ts'
import { usage } from '../../docs/model/example/usage.ts'
import { application, resources } from '../../test/fixture/application.ts'
import { anyone } from '../access.ts'
import type { Application } from '../application.ts'
import { catalogue, viewsOf } from '../catalogue.ts'
import { asStored, resource } from '../resource.ts'
import { routesOf } from '../route.ts'
import { openApiDocument } from './document.ts'

const document = openApiDocument(application) as {
  paths: Record<
    string,
    Record<string, { operationId: string; summary?: string; responses: Record<string, unknown> }>
  >
  components: Record<string, Record<string, unknown>>
}

it('describes exactly the operations of the contract', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  const offered = viewsOf(resources).flatMap((view) =>
    routesOf(view).map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`),
  )
  expect(described.sort()).toEqual(offered.sort())
})

it('has no dangling reference', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
  expect(references.length).toBeGreaterThan(20)
  for (const [, kind = '', name = ''] of references) expect(document.components[kind]).toHaveProperty([name])
})

it('documents outcome-unknown for writes only, as the only code after which a write may have happened', () => {
  const { responses } = document.components as { responses: Record<string, { description: string }> }
  expect(Object.keys(document.paths).length).toBeGreaterThan(3)
  for (const methods of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (method === 'parameters') continue
      const { $ref } = operation.responses['503'] as { $ref: string }
      const { description } = responses[$ref.split('/').at(-1) as string] as { description: string }
      expect([method, description.includes('`outcome-unknown`')]).toEqual([method, method !== 'get'])
      if (method !== 'get') expect(description).toContain('Under every other code nothing was done')
    }
  }
})

it('describes the feed of a resource with events, as a page and as a stream', () => {
  // The cast narrows JSON to the members that are compared.
  const { paths } = openApiDocument({ ...application, resources: catalogue(notices) }) as {
    paths: Record<string, { get: { responses: Record<string, { content: Record<string, object> }> } }>
  }
  const { responses } = paths['/v1/notices/changes']?.get ?? { responses: {} }
  expect(Object.keys(responses['200']?.content ?? {})).toEqual(['application/json', 'text/event-stream'])
  expect(responses).toHaveProperty('410')
  expect(responses).not.toHaveProperty('416')
  expect(document.paths).not.toHaveProperty(['/v1/places/changes'])
})

it('names a version in a title only where it is not the newest', () => {
  const titles = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map(({ summary = '' }) => `${path.split('/')[1]} ${summary}`),
  )
  expect(titles).toContain('v2 List')
  expect(titles).toContain('v1 List (v1)')
})

it('lists the fields of a plan for every answer of an application with plans, and else for 429 alone', () => {
  const text = (resources: Application['resources']) =>
    JSON.stringify(openApiDocument({ ...application, resources }))
  const count = (words: string, part: string) => words.split(part).length - 1
  const without = text(resources)
  expect(count(without, '"RateLimit":{"$ref"')).toBe(1)
  const withPlans = text(new Map([...resources, [usage.name, usage]]))
  // Every answer has an id, so every `headers` of an answer has this field.
  expect(count(withPlans, '"RateLimit":{"$ref"')).toBe(count(withPlans, '"X-Request-Id":{"$ref"'))
})

it('describes the webhooks of resources with events', () => {
  const { webhooks, components } = openApiDocument({ ...application, resources: catalogue(notices) })
  expect(Object.keys(webhooks as object)).toEqual(['notices.created', 'notices.updated', 'notices.deleted'])
  expect(components).toHaveProperty(['schemas', 'WebhookMessage'])
  expect(document).not.toHaveProperty('webhooks')
  expect(document.components.schemas).not.toHaveProperty('WebhookMessage')
})

it('gives each operation a unique operationId', () => {
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  const given = names.filter((name) => name !== undefined)
  expect(given.length).toBeGreaterThan(10)
  expect(new Set(given).size).toBe(given.length)
})

it('contains title, summary and license of the application', () => {
  expect(document).toMatchObject({ info: { title: application.title, summary: application.summary } })
  expect(document).not.toHaveProperty('info.license')
  const license = { name: 'MIT', identifier: 'MIT' }
  expect(openApiDocument({ ...application, license })).toMatchObject({ info: { license } })
})

it('has no unused component, even for a minimal application', () => {
  const schema = Type.Object({ text: Type.String({ maxLength: 80 }) })
  const notes = resource('notes', {
    description: 'Notes.',
    schema,
    access: { read: anyone, write: anyone },
    batchSizeMax: 0,
    versions: [asStored('v1', schema)],
  })
  const small = openApiDocument({ ...application, resources: catalogue(notes) })
  const { securitySchemes: _always, ...components } = small.components as Record<string, object>
  const held = Object.entries(components).flatMap(([kind, named]) =>
    Object.keys(named).map((name) => `#/components/${kind}/${name}`),
  )
  const text = JSON.stringify(small)
  expect(held.filter((reference) => !text.includes(`"$ref":"${reference}"`))).toEqual([])
  expect(held).toContain('#/components/schemas/NotesV1')
  expect(held).not.toContain('#/components/parameters/ifMatchRequired')
})

it('says of texts and numbers what is refused of every one', () => {
  const schema = Type.Object({
    plain: Type.String(),
    code: Type.String({ pattern: '^[A-Z]{2}$' }),
    word: Type.String({ pattern: '^\\S+$' }),
    either: Type.String({ pattern: '^a|b$' }),
    ratio: Type.Number({ description: 'A ratio.' }),
    share: Type.Number({ minimum: 0, maximum: 1 }),
    count: Type.Integer(),
  })
  const notes = resource('notes', {
    description: 'Notes.',
    schema,
    access: { read: anyone, write: anyone },
    versions: [asStored('v1', schema)],
  })
  const { components } = openApiDocument({ ...application, resources: catalogue(notes) })
  const { schemas } = components as { schemas: Record<string, { properties: Record<string, object> }> }
  const withoutNul = '^[^\\u0000]*$'
  expect(schemas.NotesV1Input?.properties).toMatchObject({
    plain: { pattern: withoutNul },
    word: { pattern: '^\\S+$', allOf: [{ pattern: withoutNul }] },
    either: { pattern: '^a|b$', allOf: [{ pattern: withoutNul }] },
    ratio: { description: expect.stringMatching(/^A ratio. Refused where a 64-bit float/) },
    count: { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  })
  expect(schemas.NotesV1Input?.properties.code).not.toHaveProperty('allOf')
  expect(schemas.NotesV1Input?.properties.share).not.toHaveProperty('description')
})
