import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { bundleFixture } from '../dev/edge-bundle.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type Script, type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge
let population: number

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  edge = await startTestEdge({ origins: [origin], issuers: [issuer] })
})
afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})
beforeEach(() => {
  population = 1
})

const caller = async (scope: string) =>
  bearer(await issuer.mint({ claims: { scope, sub: `editor-${crypto.randomUUID()}` } }))

const acts: Script = (_seen, response) => {
  population += 5
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'spillway-purge-tag': 'places:1,places:*',
  })
  response.end(JSON.stringify({ population }))
}

/** Answers reads, and actions as they come: the n-th by the n-th script. */
function answers(...scripts: readonly Script[]): void {
  let asked = 0
  origin.answer((seen, response, number) => {
    if (seen.method === 'GET') {
      return storable({ population }, { 'cache-tag': 'places:1,places:*' })(seen, response, number)
    }
    asked += 1
    return (scripts[asked - 1] ?? acts)(seen, response, number)
  })
}
const breaksOff: Script = (_seen, response) => {
  population += 5
  response.destroy()
}

const act = async (headers: Record<string, string> = {}, scope = 'places:write', at = edge) =>
  at.fetch('/v2/places/1/adjust-population', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await caller(scope)), ...headers },
    body: '{"by":5}',
  })
const read = async () =>
  ((await (await edge.fetch('/v2/places/1')).json()) as { population: number }).population
const sent = () => origin.seen.filter(({ method }) => method === 'POST')

it('sends an action to the origin as it is, and drops what it changed before it is answered', async () => {
  answers()
  expect(await read()).toBe(1)
  const answer = await act()
  expect([answer.status, await answer.json()]).toEqual([200, { population: 6 }])
  expect(answer.headers.get('spillway-purge-tag')).toBeNull()
  expect(await read()).toBe(6)
  const request = sent().at(-1)
  expect([request?.url, await request?.body]).toEqual(['/v2/places/1/adjust-population', '{"by":5}'])
})

it('asks the origin for nothing that the caller may not do', async () => {
  answers()
  const before = origin.requests
  const [forbidden, anonymous] = [await act({}, 'other'), await act({ authorization: '' })]
  expect([forbidden.status, anonymous.status]).toEqual([403, 401])
  const wrongMethod = await edge.fetch('/v2/places/1/adjust-population')
  expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  expect(origin.requests).toBe(before)
})

it('sends it once where its answer is lost, says that nobody knows, and drops what it may have changed', async () => {
  answers(breaksOff)
  await read()
  const before = sent().length
  const answer = await act()
  const problem = (await answer.json()) as { code: string; detail: string }
  expect([answer.status, problem.code]).toEqual([503, 'outcome-unknown'])
  expect(problem.detail).toContain('Idempotency-Key')
  expect(sent().length - before).toBe(1)
  expect(await read()).toBe(6)
})

it('sends it again where an Idempotency-Key makes that safe', async () => {
  answers(breaksOff, acts)
  const before = sent().length
  const answer = await act({ 'idempotency-key': 'twice' })
  expect(answer.status).toBe(200)
  const attempts = sent().slice(before)
  expect(attempts.map(({ headers }) => headers['idempotency-key'])).toEqual(['twice', 'twice'])
})

it('does not take an If-Match for a reason to send it again: it may change other documents', async () => {
  answers(breaksOff, acts)
  const before = sent().length
  expect((await act({ 'if-match': '"1"' })).status).toBe(503)
  expect(sent().length - before).toBe(1)
})

/** A Worker of its own, with a quota of three requests, or the emergency switch set. */
async function startOther(options: { readonly rateLimit?: number; readonly script?: string }): Promise<Edge> {
  const { rateLimit } = options
  const quota = { RATE_LIMIT: JSON.stringify({ limit: rateLimit, periodSeconds: 10 }) }
  const variables = rateLimit === undefined ? {} : quota
  const other = await startTestEdge({ origins: [origin], issuers: [issuer], variables, ...options })
  if (rateLimit === undefined) await other.control.put('shed', 'normal')
  return other
}
const articles = async () => readFile((await bundleFixture('articles-worker')).scriptFile, 'utf8')
const byAuthor = (at: Edge, limit: number, headers: Record<string, string>) =>
  at.fetch(`/v1/articles/by-author?authorId=a&limit=${limit}`, { headers })
const critical = async () =>
  bearer(await issuer.mint({ claims: { scope: 'places:write', spillway_priority: 'critical' } }))

it('is counted against its caller’s quota, as a named query is', async () => {
  const greedy = await caller('places:write')
  for (const [script, ask] of [
    [undefined, (at: Edge) => act(greedy, '', at)],
    [await articles(), (at: Edge, limit: number) => byAuthor(at, limit, greedy)],
  ] as const) {
    const strict = await startOther({ rateLimit: 3, ...(script !== undefined && { script }) })
    try {
      answers()
      const statuses = new Set<number>()
      for (let request = 1; request <= 8; request += 1) statuses.add((await ask(strict, request)).status)
      expect(statuses).toEqual(new Set([200, 429]))
    } finally {
      await strict.stop()
    }
  }
})

it('is shed by its priority, as a named query is, of which a stored answer is served all the same', async () => {
  const [acting, asking] = [await startOther({}), await startOther({ script: await articles() })]
  try {
    answers()
    const before = sent().length
    const shed = await act({}, 'places:write', acting)
    expect([shed.status, await shed.json()]).toMatchObject([503, { code: 'overloaded' }])
    expect(sent().length).toBe(before)
    expect((await act(await critical(), '', acting)).status).toBe(200)
    expect((await byAuthor(asking, 1, await critical())).status).toBe(200)
    const stored = await byAuthor(asking, 1, await caller(''))
    expect([stored.status, stored.headers.get('cache-status')]).toEqual([
      200,
      expect.stringMatching(/; *hit/),
    ])
    expect((await byAuthor(asking, 2, await caller(''))).status).toBe(503)
  } finally {
    await acting.stop()
    await asking.stop()
  }
})
