import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  action,
  anyone,
  asStored,
  defineApplication,
  geoPoint,
  type Principal,
  representation,
  resource,
  role,
  signedIn,
} from '@spillway/origin/contract'
import { defineServer, implement } from '@spillway/origin/server'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { people } from '../docs/model/example/people.ts'
import { startTestApp, type TestApp } from './support/app.ts'

const of = (subject: string, ...roles: string[]): Principal => ({
  subject,
  scopes: [],
  claims: { org_id: ['acme'], roles },
})
const ann = of('ann')
const bob = of('bob')
const hr = of('eve', 'hr')

const rate = action('rate', {
  description: 'Rates a person.',
  on: people,
  access: signedIn,
  timeout: '30s',
  input: Type.Object({ rating: Type.Integer({ minimum: 1, maximum: 5 }) }),
})

/** Notes that two versions show under other names, one of them made of two fields. */
const note = Type.Object({
  title: Type.String(),
  secret: Type.Optional(Type.String()),
  grade: Type.Optional(Type.Integer()),
})
const summed = Type.Object({ title: Type.String(), summary: Type.Optional(Type.String()) })
const renamed = Type.Object({ title: Type.String(), hint: Type.Optional(Type.String()) })
const notes = resource('notes', {
  description: 'Notes.',
  schema: note,
  access: {
    read: anyone,
    write: signedIn,
    fields: { secret: { read: role('hr'), write: role('hr') }, grade: { write: role('hr') } },
  },
  versions: [
    representation('v1', {
      stored: note,
      schema: summed,
      fromStored: ({ title, secret }) => ({ title, summary: `${title}: ${secret ?? 'nothing'}` }),
      toStored: ({ title, summary }, current) => ({
        ...current,
        title,
        ...(summary !== undefined && { secret: summary }),
      }),
      paths: { summary: null },
    }),
    representation('v2', {
      stored: note,
      schema: renamed,
      fromStored: ({ title, secret }) => ({ title, hint: secret ?? 'none' }),
      toStored: ({ title, hint }, current) => ({
        grade: 0,
        ...current,
        title,
        ...(hint !== undefined && { secret: hint }),
      }),
      paths: { hint: 'secret' },
    }),
    asStored('v3', note),
  ],
})

const task = Type.Object({
  personId: Type.String(),
  reviewerId: Type.String(),
  at: Type.Optional(geoPoint()),
})
const tasks = resource('tasks', {
  description: 'Tasks.',
  schema: task,
  access: {
    read: signedIn,
    write: signedIn,
    fields: { reviewerId: { read: role('hr') }, at: { read: role('hr') } },
  },
  references: { personId: 'people', reviewerId: 'people' },
  indexes: [{ fields: { personId: 'text', reviewerId: 'text' } }, { fields: { at: '2dsphere' } }],
  versions: [asStored('v1', task)],
})

let origin: TestApp
let path: string
beforeAll(async () => {
  const application = defineApplication({
    name: 'fields',
    title: 'Fields',
    summary: 'Rules of fields.',
    resources: [people, notes, tasks],
    actions: [rate],
  })
  const server = defineServer(
    implement(rate, ({ document, input, store }) => store.update(people, document.id, input)),
  )
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())

const own = { name: 'Ann', email: 'ann@acme.example' }

const send = (as: Principal | undefined, method: string, to: string, body?: unknown) =>
  origin.send(method, to, { as, ...(body !== undefined && { body }) })

it('the page shows the example that is tested here', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/people.ts'), 'utf8')
  expect(readFileSync(join(folder, 'fields.md'), 'utf8')).toContain(example)
})

it('shows a field to those whom its rule lets read it, in every answer, and to nobody else', async () => {
  const made = await send(ann, 'POST', '/v1/people', own)
  expect([made.status, made.json]).toEqual([201, expect.objectContaining({ ...own, userId: 'ann' })])
  path = String(made.headers.location)
  const raised = await send(hr, 'PATCH', path, { salary: 5 })
  expect([raised.status, raised.json.salary]).toEqual([200, 5])
  expect((await send(ann, 'POST', `${path}/rate`, { rating: 4 })).json).toMatchObject({ ...own, salary: 5 })
  for (const [who, sees] of [
    [ann, true],
    [hr, true],
    [bob, false],
  ] as const) {
    const shown = sees ? { ...own, salary: 5 } : { name: 'Ann' }
    const exact = { id: path.split('/').at(-1), orgId: 'acme', userId: 'ann', rating: 4, ...shown }
    const { createdAt: _created, updatedAt: _updated, ...one } = (await send(who, 'GET', path)).json
    expect(one).toEqual(exact)
    const [item] = (await send(who, 'GET', '/v1/people')).json.items
    expect(item).toMatchObject(exact)
    expect(Object.keys(item)).toHaveLength(Object.keys(exact).length + 2)
    const { id: _id, ...chosen } = (await send(who, 'GET', `${path}?fields=name,email`)).json
    expect(chosen).toEqual(sees ? own : { name: 'Ann' })
    const acted = await send(who, 'POST', `${path}/rate`, { rating: 4 })
    expect([acted.status, 'email' in acted.json, acted.json.rating]).toEqual([200, sees, 4])
  }
})

it('gives what two readers are shown of one version two entity tags, and each its own 304', async () => {
  const tagOf = async (who: Principal) => String((await send(who, 'GET', path)).headers.etag)
  const [full, partial] = [await tagOf(ann), await tagOf(bob)]
  expect(full).toBe(await tagOf(hr))
  expect(full).not.toBe(partial)
  const held = async (as: Principal, etag: string) =>
    (await origin.send('GET', path, { as, headers: { 'if-none-match': etag } })).status
  expect([await held(ann, full), await held(bob, partial)]).toEqual([304, 304])
  expect([await held(ann, partial), await held(bob, full)]).toEqual([200, 200])
  // A writer asks about the document, whatever they are shown of it.
  const headers = { 'if-match': partial }
  expect((await origin.send('PATCH', path, { as: ann, headers, body: { name: 'Ann' } })).status).toBe(200)
})

it('compares lists by a field only for those who are shown it of every document', async () => {
  const by = (who: Principal) => send(who, 'GET', '/v1/people?email=ann@acme.example')
  expect((await by(hr)).json.items).toHaveLength(1)
  for (const who of [bob, ann]) {
    const refused = await by(who)
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient-scope'])
    expect(refused.json.errors).toEqual([
      { parameter: 'email', detail: 'You may not read this field of every document.' },
    ])
  }
  for (const query of ['email[prefix]=a', 'or=(email[prefix]=a,email=b)']) {
    expect([query, (await send(bob, 'GET', `/v1/people?${query}`)).status]).toEqual([query, 403])
  }
  expect((await send(bob, 'GET', '/v1/people?sort=name')).status).toBe(200)
})

it('refuses a write of a field that is not the caller’s to write, by its pointer', async () => {
  const omit = 'You may not write this field: omit it.'
  const omitOrRepeat = 'You may not write this field: omit it, or send its current value.'
  const refused = async (who: Principal, method: string, to: string, body: unknown) => {
    const { status, json } = await send(who, method, to, body)
    return [status, json.code, json.errors]
  }
  expect(await refused(ann, 'POST', '/v1/people', { ...own, rating: 5 })).toEqual([
    403,
    'insufficient-scope',
    [{ pointer: '/rating', detail: omit }],
  ])
  expect(await refused(ann, 'PATCH', path, { salary: 9 })).toEqual([
    403,
    'insufficient-scope',
    [{ pointer: '/salary', detail: omitOrRepeat }],
  ])
  expect((await refused(hr, 'PATCH', path, { rating: null }))[0]).toBe(403)
  const batch = await send(hr, 'POST', '/v1/people/batch', { items: [own, { ...own, rating: 1 }] })
  expect(batch.json.items.map(({ status }: { status: number }) => status)).toEqual([201, 403])
  // A repeated value stays, and so does a field that a PUT leaves out.
  const repeated = await send(ann, 'PUT', path, { ...own, salary: 5 })
  expect([repeated.status, repeated.json.salary, repeated.json.rating]).toEqual([200, 5, 4])
  const left = await send(ann, 'PUT', path, { ...own, name: 'Ann A' })
  expect([left.status, left.json.name, left.json.salary, left.json.rating]).toEqual([200, 'Ann A', 5, 4])
  expect((await send(hr, 'PUT', path, own)).json).not.toHaveProperty('salary')
})

it('hides a field from a version that would show it under another name or as part of another', async () => {
  const made = await send(hr, 'POST', '/v3/notes', { title: 'T', secret: 'S', grade: 1 })
  const id = made.json.id
  const seen = async (who: Principal, version: string) => {
    const { title, ...rest } = (await send(who, 'GET', `/${version}/notes/${id}`)).json
    return [rest.summary, rest.hint, rest.secret]
  }
  expect(await seen(hr, 'v1')).toEqual(['T: S', undefined, undefined])
  expect(await seen(bob, 'v1')).toEqual(['T: nothing', undefined, undefined])
  expect(await seen(hr, 'v2')).toEqual([undefined, 'S', undefined])
  expect(await seen(bob, 'v2')).toEqual([undefined, undefined, undefined])
  expect(await seen(bob, 'v3')).toEqual([undefined, undefined, undefined])
  // Whether a guess is right is not told, and neither name writes it.
  const guess = async (version: string, method: string, body: object) =>
    (await send(bob, method, `/${version}/notes/${id}`, body)).json.errors
  const omit = 'You may not write this field: omit it.'
  for (const secret of ['S', 'X']) {
    expect(await guess('v3', 'PATCH', { secret })).toEqual([{ pointer: '/secret', detail: omit }])
    expect(await guess('v2', 'PUT', { title: 'T', hint: secret })).toEqual([
      { pointer: '/hint', detail: omit },
    ])
  }
  expect(await guess('v1', 'PATCH', { summary: 'X' })).toEqual([{ pointer: '', detail: omit }])
  expect((await send(bob, 'PUT', `/v2/notes/${id}`, { title: 'U' })).status).toBe(200)
  expect((await send(hr, 'GET', `/v3/notes/${id}`)).json).toMatchObject({ title: 'U', secret: 'S', grade: 1 })
  // A default is the version's own word.
  const created = await send(bob, 'POST', '/v2/notes', { title: 'T' })
  expect([created.status, created.json.title]).toEqual([201, 'T'])
  expect((await send(bob, 'POST', '/v1/notes', { title: 'T', summary: 'X' })).status).toBe(403)
  expect((await send(bob, 'POST', '/v2/notes', { title: 'T', hint: 'X' })).status).toBe(403)
})

it('hides fields of documents that references are expanded to, and what a hidden reference names', async () => {
  const id = path.split('/').at(-1)
  const made = await send(ann, 'POST', '/v1/tasks', { personId: id, reviewerId: id })
  const of = async (who: Principal) => {
    const { json } = await send(who, 'GET', `/v1/tasks/${made.json.id}?expand=personId,reviewerId`)
    return [json.expanded.personId.email, json.expanded.reviewerId?.name]
  }
  expect(await of(hr)).toEqual([own.email, 'Ann'])
  expect(await of(ann)).toEqual([own.email, undefined])
  expect(await of(bob)).toEqual([undefined, undefined])
  // Nothing is found by the words of a hidden field, nor by where it is.
  for (const query of [`search=${id?.slice(0, 8)}`, 'near=48.8,2.3,500']) {
    const found = async (who: Principal) => (await send(who, 'GET', `/v1/tasks?${query}`)).status
    expect([query, await found(hr), await found(bob)]).toEqual([query, 200, 403])
  }
})

it('marks ruled fields in the OpenAPI document', async () => {
  const { json } = await send(undefined, 'GET', '/openapi.json')
  const { PeopleV1: shown, PeopleV1Input: taken } = json.components.schemas
  expect(shown.required).not.toContain('email')
  expect(shown.properties.email.description).toContain('Shown where this holds: (the caller is `userId` or')
  expect(taken.properties.salary.description).toContain(
    "Written where this holds: `hr` among the token's roles",
  )
  expect(taken.properties.rating).toMatchObject({ readOnly: true })
  const list = json.paths['/v1/people'].get
  expect(Object.keys(list.responses)).toContain('403')
  const email = list.parameters.find(({ name }: { name?: string }) => name === 'email')
  expect(email.description).toContain('For callers who may read the field of every document.')
})

it('tells the edge what its rules compare, and which fields an answer lacks', async () => {
  const made = await send(ann, 'POST', '/v1/people', { ...own, name: 'Told' })
  const told = async (as: Principal) => {
    const { headers } = await send(as, 'GET', String(made.headers.location))
    return JSON.parse(String(headers['spillway-rule-attributes']))
  }
  const compared = { orgId: 'acme', userId: 'ann' }
  expect(await told(ann)).toEqual({ ...compared, _hidden: [] })
  expect(await told(bob)).toEqual({ ...compared, _hidden: ['email', 'salary'] })
  expect((await send(bob, 'GET', '/v1/notes')).headers).not.toHaveProperty('spillway-rule-attributes')
})
