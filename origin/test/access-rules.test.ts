import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineApplication, type Principal } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { documents } from '../docs/model/example/documents.ts'
import { startTestApp, type TestApp } from './support/app.ts'

const of = (subject: string, org: string, ...roles: string[]): Principal => ({
  subject,
  scopes: [],
  claims: { org_id: [org], roles },
})
const author = of('ann', 'acme')
const reviewer = of('rob', 'acme')
const colleague = of('cid', 'acme')
const editor = of('eve', 'acme', 'editor')
const stranger = of('sam', 'other', 'editor')
const nobody = undefined

let origin: TestApp
let draft: string
let published: string
beforeAll(async () => {
  const application = defineApplication({
    name: 'rules',
    title: 'Rules',
    summary: 'Access rules.',
    resources: [documents],
  })
  origin = await startTestApp({ application })
  const make = async (status: string) => {
    const body = { title: 'T', reviewerIds: ['rob'], status }
    const answer = await origin.send('POST', '/v1/documents', { as: author, body })
    expect([answer.status, answer.json.orgId, answer.json.authorId]).toEqual([201, 'acme', 'ann'])
    return String(answer.headers.location)
  }
  draft = await make('draft')
  published = await make('published')
})
afterAll(() => origin.stop())

it('the page shows the example that is tested here', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/documents.ts'), 'utf8')
  expect(readFileSync(join(folder, 'access.md'), 'utf8')).toContain(example)
})

it('shows a document, and lists it, to exactly those whom the rule lets read it', async () => {
  for (const [who, sees] of [
    [author, 2],
    [reviewer, 2],
    [editor, 2],
    [colleague, 1],
    [stranger, 1],
    [nobody, 1],
  ] as const) {
    const statuses = [
      (await origin.send('GET', published, { as: who })).status,
      (await origin.send('GET', draft, { as: who })).status,
    ]
    expect(statuses).toEqual([200, sees === 2 ? 200 : 404])
    expect((await origin.send('GET', '/v1/documents', { as: who })).json.items).toHaveLength(sees)
    const drafts = await origin.send('GET', '/v1/documents?status=draft', { as: who })
    expect(drafts.json.items).toHaveLength(sees - 1)
  }
})

it('answers a write 404 where the document is not shown, and 403 where it is', async () => {
  const patch = (path: string, as: Principal | undefined, body: unknown) =>
    origin.send('PATCH', path, { as, body })
  expect((await patch(draft, colleague, { title: 'X' })).status).toBe(404)
  expect((await patch(draft, reviewer, { title: 'X' })).status).toBe(403)
  expect((await patch(published, stranger, { title: 'X' })).status).toBe(403)
  expect((await patch(published, nobody, { title: 'X' })).status).toBe(401)
  expect((await patch(draft, editor, { title: 'X' })).status).toBe(200)
})

it('refuses to create where the token has no tenant', async () => {
  const body = { title: 'T', reviewerIds: [], status: 'draft' }
  const as: Principal = { subject: 'ann', scopes: [] }
  expect((await origin.send('POST', '/v1/documents', { as, body })).status).toBe(403)
})

it('has no route for an operation that is nobody’s', async () => {
  const answer = await origin.send('DELETE', draft, { as: author })
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, PUT, PATCH, OPTIONS'])
  const { json } = await origin.send('GET', '/openapi.json')
  expect(Object.keys(json.paths['/v1/documents/{id}'])).toEqual(['parameters', 'get', 'put', 'patch'])
})
