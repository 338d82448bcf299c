import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  any,
  asStored,
  defineApplication,
  type Principal,
  resource,
  tenant,
  where,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
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

/** Boards whose organization may change; everybody may read published ones. */
const board = Type.Object({ orgId: Type.String({ maxLength: 64 }), published: Type.Boolean() })
const boards = resource('boards', {
  description: 'Boards.',
  schema: board,
  access: {
    read: any(where({ published: true }), tenant('orgId', 'org_id')),
    write: tenant('orgId', 'org_id'),
  },
  indexes: [{ fields: { published: 1 } }, { fields: { orgId: 1 } }],
  versions: [asStored('v1', board)],
})

let origin: TestApp
let draft: string
let published: string
beforeAll(async () => {
  const application = defineApplication({
    name: 'rules',
    title: 'Rules',
    summary: 'Access rules.',
    resources: [documents, boards],
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

it('the documentation page shows the example of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/documents.ts'), 'utf8')
  expect(readFileSync(join(folder, 'access.md'), 'utf8')).toContain(example)
})

it('reads and lists a document for exactly the callers whom its rule allows', async () => {
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

it('tells the edge what the read rule compares, of a document that its reader may see, and of nothing else', async () => {
  const told = async (to: string, as: Principal | undefined, sent = {}) =>
    (await origin.send('GET', to, { as, headers: sent })).headers['spillway-rule-attributes'] as
      | string
      | undefined
  const etag = String((await origin.send('GET', draft, { as: author })).headers.etag)
  const attributes = { orgId: 'acme', authorId: 'ann', reviewerIds: ['rob'], status: 'draft' }
  for (const as of [author, reviewer, editor])
    expect(JSON.parse((await told(draft, as)) ?? '')).toEqual(attributes)
  expect(JSON.parse((await told(draft, author, { 'if-none-match': etag })) ?? '')).toEqual(attributes)
  expect(JSON.parse((await told(`${published}?fields=title`, nobody)) ?? '')).toMatchObject({
    status: 'published',
  })
  for (const as of [colleague, stranger, nobody]) expect(await told(draft, as)).toBeUndefined()
  expect(await told('/v1/documents', author)).toBeUndefined()
  // Boards are not stored at the edge.
  const board = await origin.send('POST', '/v1/boards', {
    as: author,
    body: { orgId: 'acme', published: true },
  })
  expect(await told(String(board.headers.location), author)).toBeUndefined()
})

it('answers a forbidden write 404 if the caller may not read the document, and 403 if it may', async () => {
  const patch = (path: string, as: Principal | undefined, body: unknown) =>
    origin.send('PATCH', path, { as, body })
  expect((await patch(draft, colleague, { title: 'X' })).status).toBe(404)
  expect((await patch(draft, reviewer, { title: 'X' })).status).toBe(403)
  expect((await patch(published, stranger, { title: 'X' })).status).toBe(403)
  expect((await patch(published, nobody, { title: 'X' })).status).toBe(401)
  expect((await patch(draft, editor, { title: 'X' })).status).toBe(200)
})

it('refuses to move a document to a foreign tenant', async () => {
  const both: Principal = { subject: 'bea', scopes: [], claims: { org_id: ['acme', 'other'] } }
  const body = { orgId: 'acme', published: true }
  const { headers } = await origin.send('POST', '/v1/boards', { as: author, body })
  const give = (as: Principal, orgId: string) =>
    origin.send('PATCH', String(headers.location), { as, body: { orgId } })
  const refused = await give(author, 'other')
  expect([refused.status, refused.json.detail]).toEqual([
    403,
    'The access token does not belong to the tenant that this change sets.',
  ])
  expect((await give(both, 'third')).status).toBe(403)
  expect((await give(both, 'other')).json).toMatchObject({ orgId: 'other' })
  // The board belongs to the other organization now.
  expect((await give(author, 'acme')).status).toBe(403)
})

it('refuses to create without a tenant in the token', async () => {
  const body = { title: 'T', reviewerIds: [], status: 'draft' }
  const as: Principal = { subject: 'ann', scopes: [] }
  expect((await origin.send('POST', '/v1/documents', { as, body })).status).toBe(403)
})

it('repeats a create to its subject with other rights as little as a read shows the document', async () => {
  const body = { title: 'T', reviewerIds: [], status: 'draft' }
  const moved = of('ann', 'other')
  for (const [path, sent] of [
    ['/v1/documents', body],
    ['/v1/documents/batch', { items: [body] }],
  ] as const) {
    const headers = { 'idempotency-key': `moved${path}` }
    const create = (as: Principal) => origin.send('POST', path, { as, headers, body: sent })
    const codeOf = ({ status, json }: Awaited<ReturnType<typeof create>>) => {
      const [item] = json.items ?? []
      return item === undefined ? [status, json.code] : [item.status, item.problem?.code]
    }
    expect(codeOf(await create(author))).toEqual([201, undefined])
    const refused = await create(moved)
    expect(codeOf(refused)).toEqual([422, 'idempotency-key-reused'])
    expect([refused.text.includes('acme'), refused.headers['idempotency-replayed']]).toEqual([
      false,
      undefined,
    ])
    expect(codeOf(await create(author))).toEqual([201, undefined])
  }
})

it('has no route for an operation whose rule is never', async () => {
  const answer = await origin.send('DELETE', draft, { as: author })
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, PUT, PATCH, OPTIONS'])
  const { json } = await origin.send('GET', '/openapi.json')
  expect(Object.keys(json.paths['/v1/documents/{id}'])).toEqual(['parameters', 'get', 'put', 'patch'])
})
