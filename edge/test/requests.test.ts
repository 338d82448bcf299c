import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Edge, startTestEdge } from './support/edge.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let edge: Edge

beforeAll(async () => {
  origin = await startScriptedOrigin()
  edge = await startTestEdge({ origins: [origin] })
})

beforeEach(() => {
  origin.answer(storable({ id: 'paris' }))
})

afterAll(async () => {
  await edge.stop()
  await origin.stop()
})

describe('methods', () => {
  it('OPTIONS lists the methods without a token', async () => {
    const answer = await edge.fetch('/v2/trips/1', { method: 'OPTIONS' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([
      204,
      'GET, HEAD, PUT, PATCH, DELETE, OPTIONS',
    ])
  })

  it('answers other methods with 405 and Allow (RFC 9110 §15.5.6)', async () => {
    const answer = await edge.fetch('/v2/places', { method: 'DELETE' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
    expect(await answer.json()).toMatchObject({ code: 'method-not-allowed' })
  })

  it('HEAD has the fields of GET and no body, stored or not', async () => {
    const path = `/v2/places/${crypto.randomUUID()}`
    for (const turn of ['miss', 'hit']) {
      const answer = await edge.fetch(path, { method: 'HEAD' })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('etag')).toBe('"1"')
      expect(answer.headers.get('cache-status')).toContain(turn)
      expect(await answer.text()).toBe('')
    }
  })

  it('HEAD of a refusal has the problem’s fields and no body', async () => {
    const answer = await edge.fetch('/v2/nowhere', { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await answer.text()).toBe('')
  })
})

describe('conditional reads', () => {
  it('are answered from memory with 304 (RFC 9110 §13.1.2)', async () => {
    const path = '/v2/places/conditional'
    await edge.fetch(path)
    const before = origin.requests
    const answer = await edge.fetch(path, { headers: { 'if-none-match': 'W/"0", "1"' } })
    expect(answer.status).toBe(304)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await answer.text()).toBe('')
    expect(origin.requests).toBe(before)
  })
})

describe('documentation', () => {
  it.each(['/problems/not-found', '/problems/forbidden'])(
    '%s is read from the origin once, by anybody, whatever its query',
    async (path) => {
      const before = origin.requests
      expect((await edge.fetch(`${path}?v=1`)).status).toBe(200)
      expect((await edge.fetch(`${path}?v=2`)).status).toBe(200)
      expect(origin.requests).toBe(before + 1)
      expect(origin.seen.at(-1)?.url).toBe(path)
    },
  )
})

it('a range beyond the end is a problem like any other (RFC 9110 §15.5.17)', async () => {
  const path = '/v2/places/range'
  const whole = await (await edge.fetch(path)).text()
  const part = await edge.fetch(path, { headers: { range: 'bytes=0-3' } })
  expect([part.status, await part.text()]).toEqual([206, whole.slice(0, 4)])
  const answer = await edge.fetch(path, { headers: { range: 'bytes=9999-' } })
  expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`])
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(await answer.json()).toMatchObject({ code: 'range-not-satisfiable' })
})

describe('limits', () => {
  it('a URL beyond 8192 bytes is 414', async () => {
    const answer = await edge.fetch(`/v2/places?name=${'x'.repeat(8_192)}`)
    expect([answer.status, (await answer.json()) as object]).toMatchObject([414, { code: 'uri-too-long' }])
  })

  it('fields for the origin beyond 16 KiB are 431', async () => {
    const headers = { range: 'bytes=0-3', 'if-range': `"${'x'.repeat(16_384)}"` }
    const answer = await edge.fetch('/v2/places/limits-of-ranges', { headers })
    expect([answer.status, (await answer.json()) as object]).toMatchObject([
      431,
      { code: 'headers-too-large' },
    ])
  })

  it('answers an overlong Accept with 431 before it authenticates the caller', async () => {
    const answer = await edge.fetch('/v2/places/limits', { headers: { accept: 'a/b,'.repeat(300) } })
    expect([answer.status, (await answer.json()) as object]).toMatchObject([
      431,
      { code: 'headers-too-large' },
    ])
  })

  it('an If-None-Match that nobody was given is answered whole', async () => {
    await edge.fetch('/v2/places/limits')
    const headers = { 'if-none-match': `${'"x", '.repeat(4_000)}"1"` }
    expect((await edge.fetch('/v2/places/limits', { headers })).status).toBe(200)
  })

  it.each(['miss', 'hit'])('fields that nobody reads weigh nothing, on a %s', async () => {
    const headers = { 'x-large': 'x'.repeat(8_192), 'y-large': 'y'.repeat(8_192) }
    const answer = await edge.fetch('/v2/places/limits', { headers })
    expect(answer.status).toBe(200)
  })
})

describe('negotiation', () => {
  it('answers 406 to an Accept without JSON, stored or not', async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = await edge.fetch('/v2/places/negotiated', { headers: { accept: 'text/html' } })
      expect(answer.status).toBe(406)
      await edge.fetch('/v2/places/negotiated')
    }
  })
})

describe('queries', () => {
  it.each(['nope=1', 'name[$gt]=', 'limit=0', 'limit=1&limit=2', '__proto__=1', 'name=%ff', 'cursor=x'])(
    '?%s is refused here and never reaches the origin',
    async (query) => {
      const before = origin.requests
      const answer = await edge.fetch(`/v2/places?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(origin.requests).toBe(before)
    },
  )
})

describe('request ids', () => {
  it('are the caller’s where they are UUIDs, and in the problem, too', async () => {
    const id = crypto.randomUUID()
    const answer = await edge.fetch('/nowhere', { headers: { 'x-request-id': id } })
    expect(answer.headers.get('x-request-id')).toBe(id)
    expect(await answer.json()).toMatchObject({ requestId: id, instance: `urn:uuid:${id}`, status: 404 })
  })
})

describe('CORS', () => {
  it('preflights are answered without a token', async () => {
    const answer = await edge.fetch('/v2/trips/1', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PATCH' },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH')
    expect(answer.headers.get('access-control-allow-headers')).toMatch(
      /Authorization.*Idempotency-Key.*If-Match/,
    )
  })

  it('answers, stored ones and problems can be read by scripts', async () => {
    const ask = (path: string): Promise<Response> =>
      edge.fetch(path, { headers: { origin: 'https://app.example' } })
    for (const answer of [
      await ask('/v2/places/cors'),
      await ask('/v2/places/cors'),
      await ask('/nowhere'),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-expose-headers')).toBe('*')
    }
  })

  it('by a list names the one that asks, also on stored answers', async () => {
    const listed = await startTestEdge({
      origins: [origin],
      variables: { CORS_ORIGINS: 'https://a.example,https://b.example' },
    })
    try {
      const allowed = async (from?: string): Promise<(string | null)[]> => {
        const { headers } = await listed.fetch('/v2/places/cors', {
          headers: from === undefined ? {} : { origin: from },
        })
        return [headers.get('access-control-allow-origin'), headers.get('vary')]
      }
      expect(await allowed('https://a.example')).toEqual(['https://a.example', 'Origin'])
      expect(await allowed('https://b.example')).toEqual(['https://b.example', 'Origin'])
      expect(await allowed('https://evil.example')).toEqual([null, 'Origin'])
      expect(await allowed()).toEqual([null, 'Origin'])
    } finally {
      await listed.stop()
    }
  })
})

describe('seen by operators', () => {
  it('one line a request, with the pattern and without values', async () => {
    const answer = await edge.fetch('/v2/places?name=Sesame-Street')
    const line = await edge.lineOf(answer.headers.get('x-request-id'))
    expect(line).toMatchObject({
      kind: 'answer',
      level: 'info',
      method: 'GET',
      pattern: '/v2/places',
      status: 200,
      priority: 'normal',
    })
    expect(line.cache).toMatch(/^Spillway; fwd=miss/)
    expect(edge.log).not.toContain('Sesame-Street')
  })

  it('an id where somebody else knows it, and none on an answer from memory that is in no log', async () => {
    const quiet = await startTestEdge({ origins: [origin], variables: { LOG: 'refusals' } })
    try {
      const path = `/v2/places/${crypto.randomUUID()}`
      const idOf = async (headers: Record<string, string> = {}) => {
        const answer = await quiet.fetch(path, { headers })
        return [answer.status, answer.headers.get('x-request-id')]
      }
      expect(await idOf()).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)])
      expect(await idOf()).toEqual([200, null])
      expect(await idOf({ 'if-none-match': '"1"' })).toEqual([304, null])
      expect(await idOf({ range: 'bytes=99999-' })).toEqual([416, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    } finally {
      await quiet.stop()
    }
  })

  it('sends Server-Timing only on request', async () => {
    const path = '/v2/places/timed'
    expect((await edge.fetch(path)).headers.get('server-timing')).toBeNull()
    const answer = await edge.fetch(`${path}-too`, { headers: { 'spillway-timing': '1' } })
    expect(answer.headers.get('server-timing')).toMatch(
      /^edge;dur=\d+, before;dur=\d+, slot;dur=\d+, origin;dur=\d+$/,
    )
  })
})

describe('a Worker that is not configured', () => {
  it('answers 500 and tells its operators what is missing, all of it', async () => {
    const broken = await startTestEdge({ origins: [], variables: { TOKEN_ISSUERS: '', ASSERTION_KEY: '' } })
    try {
      const answer = await broken.fetch('/v2/places')
      expect(answer.status).toBe(500)
      expect(await answer.json()).toMatchObject({ code: 'internal-error' })
      await vi.waitFor(() => {
        for (const name of ['ORIGINS', 'TOKEN_ISSUERS', 'ASSERTION_KEY']) expect(broken.log).toContain(name)
      }, 60_000)
    } finally {
      await broken.stop()
    }
  })
})
