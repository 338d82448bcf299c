import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge
beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer()
  edge = await startTestEdge({ origins: [origin], issuers: [issuer] })
})
afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

describe('a document that is not there', () => {
  const missing = (tag: string) =>
    origin.answer((seen, response) => {
      response.writeHead(404, {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'cdn-cache-control': 'max-age=10',
        'cache-tag': tag,
      })
      const requestId = seen.headers['x-request-id']
      response.end(JSON.stringify({ code: 'not-found', detail: 'No document has this id.', requestId }))
    })

  it("is fetched from the origin rarely, and answered with each caller's own problem", async () => {
    missing('places:nowhere')
    const before = origin.requests
    const first = await edge.fetch('/v2/places/nowhere')
    const second = await edge.fetch('/v2/places/nowhere')
    expect(origin.requests).toBe(before + 1)
    expect([first.status, second.status]).toEqual([404, 404])
    expect(second.headers.get('cache-status')).toMatch(/^Spillway; hit/)
    expect(second.headers.get('cache-control')).toBe('no-store')
    for (const answer of [first, second]) {
      const { requestId, detail } = (await answer.json()) as { requestId: string; detail: string }
      expect(detail).toBe('No document has this id.')
      expect(requestId).toBe(answer.headers.get('x-request-id'))
    }
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'))
  })

  it('is served as soon as it is created', async () => {
    missing('places:soon')
    expect((await edge.fetch('/v2/places/soon')).status).toBe(404)
    origin.answer((_seen, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'spillway-purge-tag': 'places:soon' })
      response.end('{}')
    })
    const token = await issuer.mint({ claims: { scope: 'places:write' } })
    const made = await edge.fetch('/v2/places', {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: '{}',
    })
    expect(made.status).toBe(201)
    origin.answer(storable({ id: 'soon' }))
    expect((await edge.fetch('/v2/places/soon')).status).toBe(200)
  })
})
