import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { edgePool } from './support/edge-pool.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type Script, type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Pick<Edge, 'control' | 'fetch' | 'lineOf'>
const origins: ScriptedOrigin[] = []
const edges = edgePool(async () => {
  const own = await startScriptedOrigin()
  origins.push(own)
  return { origins: [own] as const, issuers: [issuer] }
})

beforeAll(async () => {
  issuer = await startTestIssuer(['ES256'])
})

beforeEach(async () => {
  const taken = await edges.take()
  edge = taken.edge
  origin = taken.options.origins[0]
})

afterAll(async () => {
  await edges.stop()
  await issuer.stop()
  for (const one of origins) await one.stop()
})

const unread = (): string => `/v2/places/${crypto.randomUUID()}`

/** Stale on arrival, and usable instead of an error for a day. */
const shortLived = { 'cdn-cache-control': 'max-age=0, stale-while-revalidate=0, stale-if-error=86400' }

const outage = async (): Promise<void> => {
  await origin.stop()
  for (let request = 0; request < 12; request += 1) await edge.fetch(unread())
}

describe('when the origin is down', () => {
  it('serves reads with a stored answer, and refuses the others at once with Retry-After', async () => {
    origin.answer(storable({ id: 'kept' }, shortLived))
    const path = unread()
    await edge.fetch(path)
    await outage()
    const kept = await edge.fetch(path)
    expect(kept.status).toBe(200)
    expect(kept.headers.get('cache-status')).toMatch(/ttl=-\d+/)
    const refused = await edge.fetch(unread())
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    const id = refused.headers.get('x-request-id')
    expect(await refused.json()).toMatchObject({ code: 'overloaded', retryable: true, requestId: id })
    expect((await edge.lineOf(id)).reason).toBe('shed-breaker-open')
  })

  it('service recovers with the origin', async () => {
    await outage()
    await origin.start()
    await expect.poll(async () => (await edge.fetch(unread())).status, { timeout: 60_000 }).toBe(200)
  })
})

describe('when operations fail by their own doing', () => {
  const fails =
    (status: 503 | 504, code: string, headers: Readonly<Record<string, string>>): Script =>
    (_seen, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      response.end(JSON.stringify({ code }))
    }
  const act = async (): Promise<number> => {
    const token = await issuer.mint({ claims: { scope: 'places:write', sub: crypto.randomUUID() } })
    const headers = { 'content-type': 'application/json', ...bearer(token) }
    const answer = await edge.fetch('/v2/places/1/adjust-population', {
      ...{ method: 'POST', headers, body: '{"by":1}' },
    })
    expect(answer.headers.get('spillway-own-fault')).toBeNull()
    return answer.status
  }
  const actions = async (): Promise<Set<number>> =>
    new Set(await Promise.all(Array.from({ length: 40 }, () => act())))

  it.each([
    [504, 'deadline-exceeded'],
    [503, 'overloaded'],
  ] as const)('a %i with this mark is passed on, and everybody else is served', async (status, code) => {
    origin.answer(fails(status, code, { 'spillway-own-fault': '1' }))
    expect(await actions()).toEqual(new Set([status]))
    origin.answer(storable({ id: '1' }))
    const others = await Promise.all(Array.from({ length: 20 }, () => edge.fetch(unread())))
    expect(new Set(others.map((answer) => answer.status))).toEqual(new Set([200]))
  })

  /** While it is half-open one read at a time passes, as a probe. */
  const reasonsOfReads = async (): Promise<Set<unknown>> => {
    const reads = await Promise.all(Array.from({ length: 20 }, () => edge.fetch(unread())))
    const lines = reads.map(({ headers }) => edge.lineOf(headers.get('x-request-id')))
    return new Set((await Promise.all(lines)).map(({ reason }) => reason))
  }

  it('an origin that is late without it is taken for broken', async () => {
    origin.answer(fails(504, 'deadline-exceeded', {}))
    await actions()
    expect(await reasonsOfReads()).toContain('shed-breaker-open')
  })

  it('and so is one that does not answer at all', async () => {
    origin.answer(() => {})
    expect(await actions()).toEqual(new Set([503]))
    await expect.poll(reasonsOfReads, { timeout: 30_000 }).toContain('shed-breaker-open')
  })
})

describe('when the origin is overloaded', () => {
  it('probes a failing origin with a backoff', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
      response.end(JSON.stringify({ code: 'overloaded' }))
    })
    const asked = 200
    for (let request = 0; request < asked; request += 1) expect((await edge.fetch(unread())).status).toBe(503)
    expect(origin.requests).toBeLessThan(asked * 0.75)
  })

  it('requests refused together share one id, under which the refusal is logged', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
      response.end(JSON.stringify({ code: 'overloaded' }))
    })
    const told: (string | null)[] = []
    for (let request = 0; request < 200; request += 1) {
      const refused = await edge.fetch(unread(), { headers: { 'x-request-id': crypto.randomUUID() } })
      told.push(refused.headers.get('x-request-id'))
    }
    const known = new Set(origin.seen.map(({ headers }) => headers['x-request-id']))
    const shed = told.filter((id) => id !== null && !known.has(id))
    expect(shed.length).toBeGreaterThan(50)
    expect(new Set(shed).size).toBeLessThan(shed.length / 2)
    // A logged line stands for all requests that got the same refusal.
    for (const id of new Set(shed)) expect((await edge.lineOf(id)).reason).toBe('shed-throttled')
  })

  it('sheds background callers first, by the load signal', async () => {
    origin.answer(storable({}, { 'spillway-load': 'u=1.00, q=3, s=0.000' }))
    const asked = async (priority: string): Promise<number> => {
      const token = await issuer.mint({ claims: { spillway_priority: priority, sub: priority } })
      return (await edge.fetch(unread(), { headers: bearer(token) })).status
    }
    expect(await asked('normal')).toBe(200)
    expect(await asked('background')).toBe(503)
    expect(await asked('critical')).toBe(200)
  })
})

describe('the emergency switch', () => {
  it('sheds the priority it names and those below, and serves what is stored', async () => {
    await edge.control.put('shed', 'normal')
    origin.answer(storable({ id: 'kept' }, shortLived))
    const important = bearer(await issuer.mint({ claims: { spillway_priority: 'critical' } }))
    const path = unread()
    await edge.fetch(path, { headers: important })
    const before = origin.requests
    expect((await edge.fetch(path)).headers.get('cache-status')).toMatch(/detail=shed$/)
    expect((await edge.fetch(unread())).status).toBe(503)
    expect(origin.requests).toBe(before)
    const critical = await edge.fetch('/v2/trips', { headers: bearer(await issuer.mint()) })
    expect(critical.status).toBe(200)
  })
})

describe('many at once', () => {
  it('250 for one key are one request to the origin', async () => {
    origin.answer(async (seen, response, number) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      await storable({ id: 'hot' })(seen, response, number)
    })
    const path = unread()
    const answers = await Promise.all(Array.from({ length: 250 }, () => edge.fetch(path)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(origin.requests).toBe(1)
  })
})

describe('an answer that begins and does not end', () => {
  it('holds up who waits for it no longer than a second, and is not taken for an outage', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'cache-control': 'public, no-cache',
        'cdn-cache-control': 'max-age=30',
      })
      response.write('{')
    })
    const path = unread()
    const leader = edge.fetch(path)
    await expect.poll(() => origin.requests, { timeout: 60_000 }).toBe(1)
    const waiting = await Promise.all(Array.from({ length: 8 }, () => edge.fetch(path)))
    expect(waiting.map(({ status }) => status)).toEqual(waiting.map(() => 504))
    expect((await leader).status).toBe(504)
    expect(origin.requests).toBe(1)
    origin.answer(storable({ id: '1' }))
    expect((await edge.fetch(unread())).status).toBe(200)
  })
})

describe('a caller over its quota', () => {
  it('gets 429 with Retry-After, by subject and by address', async () => {
    const strict = await startTestEdge({
      origins: [origin],
      issuers: [issuer],
      rateLimit: 3,
      variables: { RATE_LIMIT: '{"limit":3,"periodSeconds":10}' },
    })
    try {
      const token = bearer(await issuer.mint({ claims: { sub: 'greedy' } }))
      const statuses = async (headers: Record<string, string>): Promise<number[]> => {
        const answers = []
        for (let request = 0; request < 8; request += 1)
          answers.push((await strict.fetch(unread(), { headers })).status)
        return answers
      }
      const refused = await statuses(token)
      // A window may end in between.
      expect(refused.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2)
      expect((await strict.fetch(unread(), { headers: bearer(await issuer.mint()) })).status).toBe(200)
      expect(await statuses({ 'cf-connecting-ip': '2001:db8::1' })).toContain(429)
      const neighbour = await strict.fetch(unread(), { headers: { 'cf-connecting-ip': '2001:db8::2' } })
      expect(neighbour.status).toBe(429)
      expect(neighbour.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(neighbour.headers.get('ratelimit-policy')).toBe('"caller";q=3;w=10')
      expect(await neighbour.json()).toMatchObject({ code: 'rate-limited' })
    } finally {
      await strict.stop()
    }
  })

  it('has its refused tokens counted by address, while valid tokens from there are served', async () => {
    const strict = await startTestEdge({
      origins: [origin],
      issuers: [issuer],
      variables: { RATE_LIMIT: '{"limit":3,"periodSeconds":60}' },
    })
    try {
      const known = bearer(await issuer.mint({ claims: { sub: 'known' } }))
      expect((await strict.fetch(unread(), { headers: known })).status).toBe(200)
      const statuses = []
      for (let request = 0; request < 10; request += 1) {
        const forged = `${(await issuer.mint()).slice(0, -8)}AAAAAAAA`
        statuses.push((await strict.fetch(unread(), { headers: bearer(forged) })).status)
      }
      // A window may end in between.
      expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(6)
      expect(statuses.at(-1)).toBe(429)
      expect((await strict.fetch(unread(), { headers: known })).status).toBe(200)
    } finally {
      await strict.stop()
    }
  })

  it('is refused memory hits as well', async () => {
    const strict = await startTestEdge({
      origins: [origin],
      variables: { RATE_LIMIT: '{"limit":5,"periodSeconds":60}' },
    })
    try {
      const statuses = []
      for (let request = 0; request < 14; request += 1)
        statuses.push((await strict.fetch('/v2/places/one')).status)
      expect(statuses).toContain(429)
      expect(origin.requests).toBeLessThanOrEqual(2)
    } finally {
      await strict.stop()
    }
  })
})
