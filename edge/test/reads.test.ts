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
  edge = await startTestEdge({ origins: [origin], issuers: [issuer] })
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

describe('a read', () => {
  it('is answered by the origin once and from memory after that', async () => {
    origin.answer(storable({ id: 'paris' }))
    const before = origin.requests
    const first = await edge.fetch('/v2/places/paris')
    expect(first.status).toBe(200)
    expect(await first.json()).toEqual({ id: 'paris' })
    expect(first.headers.get('cache-status')).toMatch(/fwd=miss/)
    const second = await edge.fetch('/v2/places/paris')
    expect(await second.json()).toEqual({ id: 'paris' })
    expect(second.headers.get('cache-status')).toMatch(/^Spillway; hit/)
    expect(second.headers.get('age')).toMatch(/^\d+$/)
    expect(origin.requests).toBe(before + 1)
  })

  it('keeps what is between edge and origin to itself', async () => {
    const answer = await edge.fetch('/v2/places/private-headers')
    const names = [...answer.headers.keys()]
    expect(names.filter((name) => name.startsWith('spillway-') || name === 'cache-tag')).toEqual([])
    expect(names).not.toContain('cdn-cache-control')
  })

  it('with a token reaches the origin with an assertion and without the token', async () => {
    const token = await issuer.mint()
    const answer = await edge.fetch('/v2/trips', { headers: bearer(token) })
    expect(answer.status).toBe(200)
    const seen = origin.seen.at(-1)
    expect(seen?.headers.authorization).toBeUndefined()
    expect(seen?.headers['spillway-assertion']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(JSON.stringify(seen?.headers)).not.toContain(token)
  })
})
