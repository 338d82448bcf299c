import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  edge = await startTestEdge({ origins: [origin], issuers: [issuer], rateLimit: 1_000 })
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

const security = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
}
const fieldsOf = ({ headers }: Response, names: object): Record<string, string | null> =>
  Object.fromEntries(Object.keys(names).map((name) => [name, headers.get(name)]))

describe('routes that the edge alone serves', () => {
  it.each(['/openapi.json', '/healthz', '/whoami', '/nowhere', '/teapot'])(
    '%s has security and cross-origin fields, each once',
    async (path) => {
      expect(fieldsOf(await edge.fetch(path), security)).toEqual(security)
    },
  )

  it("report the edge's health without asking the origin", async () => {
    const before = origin.requests
    const answer = await edge.fetch('/healthz')
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(origin.requests).toBe(before)
  })

  it('know the caller, the request’s id and the Worker’s bindings', async () => {
    const token = await issuer.mint({ claims: { sub: 'alice' } })
    const answer = await edge.fetch('/whoami', { headers: bearer(token) })
    const requestId = answer.headers.get('x-request-id')
    expect(await answer.json()).toEqual({ subject: 'alice', requestId, log: 'all' })
    expect(await edge.lineOf(requestId)).toMatchObject({ status: 200, pattern: '/whoami' })
    expect(await (await edge.fetch('/whoami')).json()).toMatchObject({ subject: null })
  })

  it('are refused to a token that does not verify', async () => {
    expect((await edge.fetch('/whoami', { headers: bearer('nonsense') })).status).toBe(401)
  })

  it('keep the fields that they set themselves', async () => {
    const answer = await edge.fetch('/whoami', { method: 'POST' })
    expect([answer.status, answer.headers.get('x-frame-options')]).toEqual([201, 'DENY'])
  })

  it('never take a path of the contract', async () => {
    const answer = await edge.fetch('/v2/places/1')
    expect(await answer.text()).not.toContain('shadowed')
  })

  it('answer HEAD without content', async () => {
    const answer = await edge.fetch('/whoami', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })

  it('tell their methods, to a preflight too', async () => {
    const options = await edge.fetch('/whoami', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
    const preflight = await edge.fetch('/whoami', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, OPTIONS')
    const wrong = await edge.fetch('/whoami', { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
    expect((await edge.fetch('/nowhere', { method: 'OPTIONS' })).status).toBe(404)
  })

  it('are a 404 in problem+json where there are none', async () => {
    const answer = await edge.fetch('/nowhere')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ code: 'not-found' })
  })

  it('make no page of a path beside the pages', async () => {
    const answer = await edge.fetch('/docs/.env', { method: 'POST' })
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'not-found' }),
    ])
  })

  it("report an HTTPException's message, and no detail of any other error", async () => {
    const teapot = await edge.fetch('/teapot')
    expect([teapot.status, await teapot.text()]).toEqual([418, 'short and stout'])
    const broken = await edge.fetch('/broken')
    expect([broken.status, await broken.json()]).toEqual([
      500,
      expect.objectContaining({ code: 'internal-error', detail: expect.not.stringContaining('secret') }),
    ])
    expect(edge.log).toContain('secret detail')
  })
})
