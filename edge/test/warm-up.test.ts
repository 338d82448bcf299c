import { headers as names } from '@spillway/origin/contract'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bearer, type Edge, startTestEdges } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import {
  type Script,
  type ScriptedOrigin,
  type SeenRequest,
  startScriptedOrigin,
  storable,
} from './support/origin.ts'

/** Isolates of one data centre. The first has learnt what is hot before any other gets its first request. */
let edges: readonly Omit<Edge, 'stop'>[]
let stopEdges: () => Promise<void>
let origin: ScriptedOrigin
let issuer: TestIssuer
/** Targets of the public lists, as the origin sees them. */
let hot: readonly string[]

const lists = ['name', '-name', 'population', '-population', 'name,population', 'population,name'].map(
  (sort) => `/v2/places?limit=5&sort=${sort}`,
)
/** Stale on arrival, so that each isolate has to ask the origin. */
const stale: Script = storable({ data: [] }, { 'cdn-cache-control': 'max-age=0, stale-if-error=86400' })
const isBackground = ({ headers }: SeenRequest): boolean => headers[names.priority] === 'background'
const background = (since: number): readonly SeenRequest[] => origin.seen.slice(since).filter(isBackground)

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  const options = { origins: [origin], issuers: [issuer] }
  const started = await startTestEdges([options, options, options, options, options])
  edges = started.edges
  stopEdges = started.stop
  origin.answer(stale)
  const own = bearer(await issuer.mint())
  await vi.waitFor(
    async () => {
      for (const path of lists) await at(0).fetch(path)
      for (const path of ['/v2/trips', '/v2/trips?limit=5']) await at(0).fetch(path, { headers: own })
      expect(at(0).log).toContain('"kind":"hot-list"')
    },
    { timeout: 60_000, interval: 200 },
  )
  hot = [...new Set(origin.seen.map(({ url }) => url))].filter((url) => url.startsWith('/v2/places?')).sort()
  expect(hot).toHaveLength(lists.length)
})

afterAll(async () => {
  await stopEdges()
  await issuer.stop()
  await origin.stop()
})

// The cast: as many are started as the tests use.
const at = (index: number) => edges[index] as (typeof edges)[number]

/** Results of the next warm-up that ends. */
function nextRun(): () => Promise<Record<string, number>> {
  const runs = () =>
    at(0)
      .log.split('\n')
      .filter((line) => line.includes('"kind":"warm-up"'))
  const before = runs().length
  return () =>
    vi.waitFor(() => {
      const line = runs()[before]
      if (line === undefined) throw new Error('no warm-up has ended')
      return JSON.parse(line)
    }, 60_000)
}

describe('after its first answer, an isolate', () => {
  it('fetches what its data centre reads most, for nobody, at background priority', async () => {
    const answered = Promise.withResolvers<void>()
    origin.answer(async (seen, ...rest) => {
      // An answer that waited for the warm-up would come when these requests are late already.
      if (isBackground(seen)) await answered.promise
      return stale(seen, ...rest)
    })
    const [since, run] = [origin.requests, nextRun()]
    expect((await at(1).fetch('/v2/places/first')).status).toBe(200)
    answered.resolve()
    expect(await run()).toMatchObject({ warmed: hot.length, held: 0, refused: 0, skipped: 0 })
    const asked = origin.seen.slice(since).filter(({ url }) => url !== '/v2/places/first')
    expect(asked.map(({ url }) => url).sort()).toEqual(hot)
    for (const { headers, method } of asked) {
      expect([method, headers[names.priority]]).toEqual(['GET', 'background'])
      expect(headers.authorization).toBeUndefined()
      expect(decodeJwt(String(headers[names.assertion]))).not.toHaveProperty('sub')
    }
  })

  it('answers others while the origin keeps the warm-up waiting', async () => {
    const [since, run] = [origin.requests, nextRun()]
    origin.answer((seen, ...rest) => (isBackground(seen) ? undefined : stale(seen, ...rest)))
    expect((await at(2).fetch('/v2/places/first')).status).toBe(200)
    await expect.poll(() => background(since).length, { timeout: 60_000 }).toBe(2)
    expect((await at(2).fetch('/v2/places/second')).status).toBe(200)
    // Neither is answered in time, which ends the run.
    expect(await run()).toMatchObject({ warmed: 0, refused: 2, skipped: hot.length - 2 })
    expect(background(since)).toHaveLength(2)
  })

  it('stops when the origin is too busy', async () => {
    const [since, run] = [origin.requests, nextRun()]
    origin.answer((seen, response, count) => {
      if (!isBackground(seen)) return stale(seen, response, count)
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
      response.end(JSON.stringify({ code: 'overloaded' }))
    })
    expect((await at(3).fetch('/v2/places/first')).status).toBe(200)
    expect(await run()).toMatchObject({ warmed: 0, skipped: expect.any(Number) })
    expect(background(since).length).toBeLessThanOrEqual(2)
  })

  it('asks the origin for nothing that the data centre has stored', async () => {
    origin.answer(storable({ data: [] }))
    await Promise.all(lists.map((path) => at(0).fetch(path)))
    // Storing goes on after the answer.
    await expect
      .poll(async () => {
        const answers = await Promise.all(lists.map((path) => at(0).fetch(path)))
        return answers.every(({ headers }) => headers.get('cache-status')?.includes('; hit') === true)
      })
      .toBe(true)
    const [since, run] = [origin.requests, nextRun()]
    expect((await at(4).fetch('/v2/places/first')).status).toBe(200)
    expect(await run()).toMatchObject({ warmed: 0, held: hot.length, refused: 0 })
    expect(background(since)).toEqual([])
    for (const path of lists)
      expect((await at(4).fetch(path)).headers.get('cache-status')).toMatch(/^Spillway; hit/)
  })
})
