import {
  action,
  asStored,
  conflict,
  defineApplication,
  type ProblemDefinitions,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineServer, guard, implement } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice } from './support/client.ts'

const schema = Type.Object({ text: Type.String() })
const notes = resource('notes', {
  description: 'Notes.',
  schema,
  access: { read: signedIn, write: signedIn },
  problems: {
    taboo: 'This text is not stored.',
    secret: { status: 403, detail: 'Secrets are not stored.' },
  },
  check: ({ text }, { refuse }) => {
    if (text === 'undeclared') return conflict('something-else', 'Else.')
    return text === 'taboo' ? refuse('taboo') : undefined
  },
  versions: [asStored('v1', schema)],
})
const plain = resource('plain', {
  description: 'Without declared reasons.',
  schema,
  access: { read: signedIn, write: signedIn },
  check: () => conflict('of-its-own', 'Never.'),
  versions: [asStored('v1', schema)],
})
const problems = {
  text: 'A text alone is a conflict.',
  unreadable: { status: 400, detail: 'Is not readable.' },
  unsigned: { status: 403, detail: 'Is not signed.' },
  nowhere: { status: 404, detail: 'Is not there.' },
  late: { status: 409, detail: 'Is over.' },
  odd: { status: 422, detail: 'Is odd.' },
} as const satisfies ProblemDefinitions
const decide = action('decide', {
  description: 'Refuses for a reason.',
  on: notes,
  target: 'collection',
  access: signedIn,
  input: Type.Object({
    reason: Type.Enum(Object.keys(problems) as (keyof typeof problems)[]),
    detail: Type.Optional(Type.String()),
  }),
  problems,
})

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({
    application: defineApplication({
      ...{ name: 'refusals', title: 'Refusals', summary: 'Refusals.' },
      resources: [notes, plain],
      actions: [decide],
    }),
    server: defineServer(
      implement(decide, ({ input, refuse }) => refuse(input.reason, input.detail)),
      guard(notes, async ({ fields, refuse }) => (fields?.text === 'secret' ? refuse('secret') : undefined)),
    ),
  })
})
afterAll(() => origin.stop())

const post = (path: string, body: object) => origin.send('POST', path, { as: alice, body })

describe('an action refuses with a declared reason', () => {
  it.each([
    ['text', 409, 'conflict'],
    ['unreadable', 400, 'bad-request'],
    ['unsigned', 403, 'forbidden'],
    ['nowhere', 404, 'not-found'],
    ['late', 409, 'conflict'],
    ['odd', 422, 'validation-failed'],
  ] as const)('%s: %i %s', async (reason, status, code) => {
    const { json, headers, ...answer } = await post('/v1/notes/decide', { reason })
    const declared: (typeof problems)[keyof typeof problems] = problems[reason]
    const detail = typeof declared === 'string' ? declared : declared.detail
    expect(answer.status).toBe(status)
    expect(json).toMatchObject({ status, code, type: `/problems/${code}`, reason, detail })
    expect(headers['content-type']).toContain('application/problem+json')
    // RFC 9110 §11.6.1: a challenge would invite clients to send other credentials.
    expect(headers['www-authenticate']).toBeUndefined()
  })

  it('with another text where the handler gives one', async () => {
    const { json } = await post('/v1/notes/decide', { reason: 'late', detail: 'It ended on Monday.' })
    expect([json.reason, json.detail]).toEqual(['late', 'It ended on Monday.'])
  })
})

describe('a write', () => {
  it.each([
    ['check', 'taboo', 409, 'conflict'],
    ['guard', 'secret', 403, 'forbidden'],
  ])('is refused by a %s with a declared reason', async (_, text, status, code) => {
    const answer = await post('/v1/notes', { text })
    expect([answer.status, answer.json.code, answer.json.reason]).toEqual([status, code, text])
    expect(await origin.database.db.collection('notes').countDocuments()).toBe(0)
  })

  it('fails for a reason that is not among the declared ones, and may have any where there are none', async () => {
    expect((await post('/v1/notes', { text: 'undeclared' })).status).toBe(500)
    expect(origin.logged.join('')).toContain("'something-else' is not among the problems of the resource")
    const { status, json } = await post('/v1/plain', { text: 'x' })
    expect([status, json.reason]).toEqual([409, 'of-its-own'])
  })
})

describe('OpenAPI', () => {
  const problem = 'application/problem+json'
  const of = async (path: string, method: string, status: number) => {
    const { json } = await origin.send('GET', '/openapi.json')
    const response = json.paths[path][method].responses[status]
    const found =
      response.$ref === undefined ? response : json.components.responses[response.$ref.split('/').at(-1)]
    const { schema } = found.content[problem]
    // A problem without reasons is a schema of its own, by its status.
    const { allOf } =
      schema.$ref === undefined ? schema : json.components.schemas[schema.$ref.split('/').at(-1)]
    const [, ofStatus, ofReason] = allOf
    return {
      codes: ofStatus.properties.code.enum,
      reasons: ofReason?.properties.reason.enum,
      text: found.description,
    }
  }

  it('has the codes of each status, and the reasons of each operation', async () => {
    expect(await of('/v1/notes/decide', 'post', 403)).toMatchObject({
      codes: ['insufficient-scope', 'forbidden'],
      reasons: ['unsigned', 'secret'],
    })
    expect((await of('/v1/notes/decide', 'post', 409)).reasons).toEqual(['text', 'late', 'taboo'])
    for (const [path, method] of [
      ['/v1/notes', 'post'],
      ['/v1/notes/{id}', 'put'],
      ['/v1/notes/{id}', 'patch'],
      ['/v1/notes/{id}', 'delete'],
    ] as const) {
      const { codes, reasons, text } = await of(path, method, 409)
      expect(reasons).toEqual(['taboo'])
      expect(codes).toContain('write-conflict')
      expect(text).toContain('`taboo`: This text is not stored.')
      expect((await of(path, method, 403)).reasons).toEqual(['secret'])
    }
    expect(await of('/v1/plain', 'post', 409)).toMatchObject({ reasons: undefined })
    expect((await of('/v1/notes/{id}', 'get', 404)).codes).toEqual(['not-found'])
  })
})

it.each([
  [{ unauthorized: { status: 401, detail: 'No.' } }, 'one of 400, 403, 404, 409 or 422'],
  [{ 'No Word': 'No.' }, 'becomes a word of the API'],
  [{ late: { status: 409 } }, 'problems.late.detail is missing'],
])('a definition with the problems %j is refused', (wrong, message) => {
  // The cast: the types refuse it, too.
  const given = wrong as unknown as ProblemDefinitions
  const shared = { description: 'Wrong.', access: signedIn, problems: given }
  expect(() => action('wrong', { ...shared, on: notes })).toThrow(message)
  const access = { read: signedIn, write: signedIn }
  const versions = [asStored('v1', schema)]
  expect(() => resource('wrong', { ...shared, schema, access, versions })).toThrow(message)
})
