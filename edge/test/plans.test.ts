import { readFile } from 'node:fs/promises'
import { type ToldUsage, tellUsagePath } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { bundleFixture } from '../dev/edge-bundle.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

/** Plans at two edges, in front of an origin that adds up what they tell. */
let origin: ScriptedOrigin
let issuer: TestIssuer
let edges: readonly [Edge, Edge]
const counts = new Map<string, number>()

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer()
  const script = await readFile((await bundleFixture('planned-worker')).scriptFile, 'utf8')
  const start = () => startTestEdge({ origins: [origin], issuers: [issuer], script })
  edges = [await start(), await start()]
  origin.answer(async (seen, response) => {
    if (seen.url !== tellUsagePath) return storable({ id: '1' })(seen, response, 0)
    const { usage }: { usage: readonly ToldUsage[] } = JSON.parse(await seen.body)
    const totals = usage.map(({ caller, requests }) => {
      const total = (counts.get(caller) ?? 0) + requests
      counts.set(caller, total)
      return total
    })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ totals }))
  })
})
afterAll(async () => {
  for (const edge of edges) await edge.stop()
  await issuer.stop()
  await origin.stop()
})

const tokenOf = (sub: string, plan?: string) =>
  issuer.mint({ claims: { sub, ...(plan !== undefined && { plan }) } })
const ask = (token: string, edge = edges[0]) => edge.fetch('/v2/places/paris', { headers: bearer(token) })

it('tells what is left with each answer, and refuses what is over the rate', async () => {
  const token = await tokenOf('slow', 'slow')
  for (const left of [2, 1, 0]) {
    const answer = await ask(token)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ratelimit-policy')).toBe('"rate";q=3;w=3000')
    expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"rate";r=${left};t=\\d+$`))
  }
  const refused = await ask(token)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(900)
  expect(refused.headers.get('ratelimit')).toMatch(/^"rate";r=0;t=\d+$/)
  expect(await refused.json()).toMatchObject({ code: 'rate-limited', reason: 'rate' })
  expect(await edges[0].lineOf(refused.headers.get('x-request-id'))).toMatchObject({ reason: 'over-rate' })
})

it('counts answers from memory, also of another token of the subject', async () => {
  for (let i = 0; i < 3; i += 1) expect((await ask(await tokenOf('many', 'slow'))).status).toBe(200)
  expect((await ask(await tokenOf('many', 'slow'))).status).toBe(429)
})

it('gives the requests of a plan its priority', async () => {
  const before = origin.requests
  await edges[0].fetch('/v2/trips', { headers: bearer(await tokenOf('calm', 'slow')) })
  const seen = origin.seen.slice(before).find(({ url }) => url.startsWith('/v2/trips'))
  expect(seen?.headers['spillway-priority']).toBe('background')
})

it('leaves callers without a plan alone', async () => {
  const token = await tokenOf('free')
  for (let i = 0; i < 10; i += 1) {
    const answer = await ask(token)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ratelimit')).toBeNull()
  }
})

it('shares the quota of the month between edges', async () => {
  const token = await tokenOf('busy', 'small')
  let accepted = 0
  const refused = [false, false]
  await vi.waitFor(
    async () => {
      for (const [i, edge] of edges.entries()) {
        const answer = await ask(token, edge)
        if (answer.status === 200) accepted += 1
        else {
          expect(answer.status).toBe(429)
          expect(await answer.json()).toMatchObject({ reason: 'quota' })
          expect(answer.headers.get('ratelimit')).toMatch(/"month";r=0;t=\d+$/)
          refused[i] = true
        }
      }
      expect(refused).toEqual([true, true])
    },
    { timeout: 60_000, interval: 50 },
  )
  expect(accepted).toBeGreaterThanOrEqual(30)
  // All that was accepted is told in the end, and nothing else.
  await vi.waitFor(async () => {
    for (const edge of edges) expect((await ask(token, edge)).status).toBe(429)
    expect(counts.get('busy')).toBe(accepted)
  }, 60_000)
})
