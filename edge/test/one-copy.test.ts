import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { formatRuleAttributes, headers as names } from '@spillway/origin/contract'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleFixture } from '../dev/edge-bundle.ts'
import { apiRules } from '../src/cache/index.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, type SeenRequest, startScriptedOrigin } from './support/origin.ts'

/**
 * Documents of the page on access, through the Worker: published ones are everybody's, drafts those of their
 * organization's author, reviewers and editors. The origin decides by the assertion, as ours does.
 */
let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge
const tokens = new Map<string, Record<string, string>>()

const people = {
  ann: { org_id: 'acme' },
  rob: { org_id: 'acme' },
  eve: { org_id: 'acme', roles: ['editor'] },
  cid: { org_id: 'acme' },
  sam: { org_id: 'other', roles: ['editor'] },
} as const
type Person = keyof typeof people | 'nobody'

const draft = { orgId: 'acme', authorId: 'ann', reviewerIds: ['rob'], status: 'draft' }
const mayRead: readonly Person[] = ['ann', 'rob', 'eve']

/** Documents of the origin, by id. */
const documents = new Map<string, typeof draft & { version: number }>()
let sendsAttributes = true

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer()
  const script = await readFile((await bundleFixture('access-worker')).scriptFile, 'utf8')
  edge = await startTestEdge({ origins: [origin], issuers: [issuer], script })
  for (const [sub, claims] of Object.entries(people)) {
    tokens.set(sub, bearer(await issuer.mint({ claims: { sub, ...claims } })))
  }
  origin.answer(async (seen, response) => {
    if (seen.url.startsWith('/v1/people/')) return answerPerson(seen, response)
    const id = /^\/v1\/documents\/([^?]+)/.exec(seen.url)?.[1] ?? ''
    if (seen.method === 'PATCH') {
      documents.set(id, JSON.parse(await seen.body))
      response.writeHead(200, { 'content-type': 'application/json', [names.purgeTag]: `documents:${id}` })
      return void response.end('{}')
    }
    const found = documents.get(id)
    if (found === undefined || !(found.status === 'published' || mayRead.includes(askerOf(seen)))) {
      response.writeHead(404, {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'cdn-cache-control': 'max-age=600',
        'cache-tag': `documents:${id}`,
      })
      return void response.end(JSON.stringify({ code: 'not-found', detail: 'No document has this id.' }))
    }
    const { version, ...attributes } = found
    const text = formatRuleAttributes(Object.keys(attributes), attributes)
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'private, no-cache',
      'cdn-cache-control': 'max-age=600',
      'cache-tag': `documents:${id}`,
      etag: `"${version}.r"`,
      ...(sendsAttributes && text !== undefined && { [names.ruleAttributes]: text }),
    })
    response.end(JSON.stringify({ id, title: `v${version}` }))
  })
  // The first request of each checks a token and signs an assertion, which a slow machine may not do in time.
  for (const who of [...tokens.keys(), 'nobody'] as Person[]) {
    await vi.waitFor(async () => expect((await ask(who, '/v1/documents/none')).status).toBe(404), 20_000)
  }
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

/** People of the page on fields: colleagues see names, and themselves alone what they earn. */
const persons = new Map<string, { readonly userId: string; readonly version: number }>()

function answerPerson({ url, headers, ...seen }: SeenRequest, response: ServerResponse): void {
  const id = url.slice('/v1/people/'.length)
  const { userId, version } = persons.get(id) ?? { userId: '', version: 0 }
  const hidden = askerOf({ url, headers, ...seen }) === userId ? [] : ['email', 'salary']
  const etag = `"${version}.${hidden.length}"`
  const attributes = formatRuleAttributes(['orgId', 'userId'], { orgId: 'acme', userId }, hidden)
  const isHeld = headers['if-none-match'] === etag
  response.writeHead(isHeld ? 304 : 200, {
    'content-type': 'application/json',
    'cache-control': 'private, no-cache',
    'cdn-cache-control': 'max-age=600',
    'cache-tag': `people:${id}`,
    etag,
    ...(attributes !== undefined && { [names.ruleAttributes]: attributes }),
  })
  response.end(
    isHeld ? undefined : JSON.stringify({ id, version, ...(hidden.length === 0 && { salary: 5 }) }),
  )
}

function askerOf({ headers }: SeenRequest): Person {
  const [, payload = ''] = String(headers['spillway-assertion']).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).sub ?? 'nobody'
}

const ask = (who: Person, path: string, init: RequestInit = {}) =>
  edge.fetch(path, { ...init, headers: { ...tokens.get(who), ...(init.headers as Record<string, string>) } })

let count = 0
function make(fields: Partial<typeof draft> = {}): string {
  count += 1
  documents.set(`doc-${count}`, { ...draft, ...fields, version: 1 })
  return `/v1/documents/doc-${count}`
}

const isHit = (answer: Response): boolean => /; *hit/.test(answer.headers.get('cache-status') ?? '')

/** An answer without its request id, and without the seconds of its age. */
async function telling(answer: Response): Promise<unknown> {
  const fields = [...answer.headers]
    .filter(([name]) => name !== 'x-request-id' && name !== 'date')
    .map(([name, value]) => [name, name === 'age' ? 'n' : value.replace(/ttl=\d+/, 'ttl=n')])
  const text = await answer.text()
  return [answer.status, fields, text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')]
}

describe('one stored copy of a document', () => {
  it('is shown to everybody whom its rule lets read it, from one fetch', async () => {
    const path = make()
    const before = origin.requests
    for (const who of mayRead) {
      const answer = await ask(who, path)
      expect([who, answer.status, ((await answer.json()) as { title: string }).title]).toEqual([
        who,
        200,
        'v1',
      ])
      expect(answer.headers.has(names.ruleAttributes)).toBe(false)
      expect((await ask(who, path, { headers: { 'if-none-match': '"1.r"' } })).status).toBe(304)
    }
    expect(origin.requests).toBe(before + 1)
    const open = make({ status: 'published' })
    for (const who of ['nobody', 'sam', 'cid', 'ann'] as const) {
      expect([who, isHit(await ask(who, open))]).toEqual([who, who !== 'nobody'])
    }
  })

  it('tells nobody else whether it is there: not by status, fields, body, condition, range or method', async () => {
    const path = make()
    await ask('ann', path)
    for (const who of ['cid', 'sam', 'nobody'] as const) {
      for (const init of [
        {},
        {},
        { method: 'HEAD' },
        { headers: { 'if-none-match': '"1.r"' } },
        { headers: { 'if-match': '"1.r"' } },
        { headers: { range: 'bytes=0-1' } },
        { headers: { range: 'bytes=9000-' } },
      ]) {
        const [hidden, absent] = [await ask(who, path, init), await ask(who, '/v1/documents/nowhere', init)]
        expect(hidden.status).toBe(404)
        expect(await telling(hidden)).toEqual(await telling(absent))
      }
    }
    expect(isHit(await ask('rob', path))).toBe(true)
  })

  it('goes to readers who wait for it, and not to those who may not see it', async () => {
    const path = make()
    const everybody = [...mayRead, 'cid', 'sam', 'nobody'] as const
    const answers = await Promise.all([...everybody, ...everybody].map((who) => ask(who, path)))
    const statuses = everybody.map((who) => (mayRead.includes(who) ? 200 : 404))
    expect(answers.map(({ status }) => status)).toEqual([...statuses, ...statuses])
  })

  it('is changed with the document: a purge ends it for those who gain and for those who lose', async () => {
    const path = make()
    const id = path.slice('/v1/documents/'.length)
    for (const who of ['ann', 'cid', 'sam'] as const) await ask(who, path)
    const write = async (status: string, version: number) => {
      const body = JSON.stringify({ ...draft, status, version })
      const headers = { 'content-type': 'application/merge-patch+json' }
      expect((await ask('ann', path, { method: 'PATCH', headers, body })).status).toBe(200)
    }
    await write('published', 2)
    for (const who of ['ann', 'cid', 'sam', 'nobody'] as const) {
      expect([who, await (await ask(who, path)).json()]).toEqual([who, { id, title: 'v2' }])
    }
    await write('draft', 3)
    expect((await ask('ann', path)).status).toBe(200)
    for (const who of ['cid', 'sam', 'nobody'] as const) expect((await ask(who, path)).status).toBe(404)
  })

  it('is none in front of an origin that tells no attributes: each audience has its own', async () => {
    sendsAttributes = false
    const path = make()
    for (const who of mayRead) expect([who, isHit(await ask(who, path))]).toEqual([who, false])
    for (const who of mayRead) expect([who, isHit(await ask(who, path))]).toEqual([who, true])
    expect((await ask('cid', path)).status).toBe(404)
    sendsAttributes = true
  })

  it('cannot be forged by a client, who sends attributes of their own', async () => {
    const path = make()
    await ask('ann', path)
    const headers = { [names.ruleAttributes]: JSON.stringify({ status: 'published' }) }
    expect((await ask('cid', path, { headers })).status).toBe(404)
    expect(origin.seen.at(-1)?.headers).not.toHaveProperty(names.ruleAttributes)
  })
})

describe('one stored copy for each set of fields', () => {
  const colleagues: readonly Person[] = ['ann', 'rob', 'cid', 'eve']
  const salaryOf = async (who: Person, path: string) =>
    ((await (await ask(who, path)).json()) as { salary?: number }).salary

  it('is shared by all who are shown the same fields, in whatever order they ask', async () => {
    for (const [index] of colleagues.entries()) {
      persons.set(`p${index}`, { userId: 'ann', version: 1 })
      const order = [...colleagues.slice(index), ...colleagues.slice(0, index)]
      const before = origin.requests
      for (const who of [...order, ...order]) {
        expect([who, await salaryOf(who, `/v1/people/p${index}`)]).toEqual([
          who,
          who === 'ann' ? 5 : undefined,
        ])
      }
      expect(origin.requests - before).toBe(2)
    }
  })

  it('has a tag of its own, which is no other caller’s', async () => {
    persons.set('tags', { userId: 'ann', version: 1 })
    for (const who of colleagues) await ask(who, '/v1/people/tags')
    const statusWith = async (who: Person, etag: string) =>
      (await ask(who, '/v1/people/tags', { headers: { 'if-none-match': etag } })).status
    expect([await statusWith('ann', '"1.0"'), await statusWith('rob', '"1.2"')]).toEqual([304, 304])
    expect([await statusWith('ann', '"1.2"'), await statusWith('rob', '"1.0"')]).toEqual([200, 200])
  })

  it('goes to those who wait for it, and to nobody who waits for more or less', async () => {
    persons.set('crowd', { userId: 'rob', version: 1 })
    const crowd = [...colleagues, ...colleagues, ...colleagues]
    const salaries = await Promise.all(crowd.map((who) => salaryOf(who, '/v1/people/crowd')))
    expect(salaries).toEqual(crowd.map((who) => (who === 'rob' ? 5 : undefined)))
  })

  it('is none for those who may not read the document', async () => {
    persons.set('there', { userId: 'ann', version: 1 })
    for (const who of colleagues) await ask(who, '/v1/people/there')
    // The origin, which decides, would show it.
    const before = origin.requests
    await ask('sam', '/v1/people/there')
    expect(origin.requests - before).toBe(1)
  })
})

it('the cache looks for attributes in the field in which the origin sends them', () => {
  expect(apiRules.attributesField).toBe(names.ruleAttributes)
  expect(apiRules.ownFields).toContain(names.ruleAttributes)
})
