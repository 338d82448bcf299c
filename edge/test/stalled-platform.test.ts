import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  edge = await startTestEdge({ origins: [origin], issuers: [issuer], isPlatformStalled: true })
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

describe('while the data centre’s cache and the rate limiter do not answer', () => {
  it('a read goes to the origin, and is served from memory after that', async () => {
    const asked = origin.requests
    for (const status of ['fwd=miss', 'hit']) {
      const answer = await edge.fetch('/v2/places/1')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-status')).toContain(status)
    }
    expect(origin.requests).toBe(asked + 1)
  })

  it('purges obsolete answers here before it answers a write', async () => {
    const path = '/v2/places/2'
    let population = 1
    origin.answer((seen, response, number) => {
      if (seen.method === 'GET')
        return storable({ population }, { 'cache-tag': 'places:2' })(seen, response, number)
      population = 2
      response.writeHead(200, { 'content-type': 'application/json', 'spillway-purge-tag': 'places:2' })
      response.end('{}')
    })
    const read = async (): Promise<unknown> => (await edge.fetch(path)).json()
    expect(await read()).toEqual({ population: 1 })
    const token = await issuer.mint({ claims: { scope: 'places:write', sub: 'writer' } })
    const written = await edge.fetch(path, {
      method: 'PUT',
      body: '{}',
      headers: { ...bearer(token), 'content-type': 'application/json' },
    })
    expect(written.status).toBe(200)
    expect(await read()).toEqual({ population: 2 })
  })

  it('logs the silent limiter', async () => {
    const answer = await edge.fetch('/v2/places/3')
    await edge.lineOf(answer.headers.get('x-request-id'))
    expect(edge.log).toContain('no decision within')
  })
})
