import { connect } from 'node:net'
import { assertionProfile } from '@spillway/origin/contract'
import { importJWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type ScriptedOrigin, type SeenRequest, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let edge: Edge
let writer: Record<string, string>

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  edge = await startTestEdge({ origins: [origin], issuers: [issuer] })
  writer = bearer(await issuer.mint({ claims: { scope: 'places:write' } }))
})

beforeEach(() => {
  origin.answer(storable({ id: '1' }))
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await origin.stop()
})

const lastSeen = (): SeenRequest => origin.seen.at(-1) as SeenRequest

let count = 0
/** A path without a stored answer. */
const unread = (): string => {
  count += 1
  return `/v2/places/unread-${count}`
}

const post = (
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string>; duplex?: 'half' } = {},
): Promise<Response> =>
  edge.fetch('/v2/places', {
    method: 'POST',
    body: '{"name":"Paris"}',
    ...init,
    headers: { ...writer, 'content-type': 'application/json', ...init.headers },
  })

describe('towards the origin', () => {
  it("sends the caller's identity, signed for this origin for at most two minutes", async () => {
    await post()
    const { d: _private, ...publicKey } = edge.assertionKey
    const { payload, protectedHeader } = await jwtVerify(
      String(lastSeen().headers['spillway-assertion']),
      await importJWK(publicKey, 'EdDSA'),
      { issuer: assertionProfile.issuer, audience: assertionProfile.audience, typ: assertionProfile.type },
    )
    expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'edge-1', typ: assertionProfile.type })
    expect(payload).toMatchObject({ sub: 'alice', scope: 'places:write' })
    expect((payload.exp as number) - (payload.iat as number)).toBe(assertionProfile.lifetimeSeconds)
  })

  it('reuses an assertion for one caller, and signs another for the next', async () => {
    const trips = async (sub: string): Promise<unknown> => {
      count += 1
      await edge.fetch(`/v2/trips/trip-${count}`, { headers: bearer(await issuer.mint({ claims: { sub } })) })
      return lastSeen().headers['spillway-assertion']
    }
    const [first, second, third] = [await trips('carol'), await trips('carol'), await trips('dave')]
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it('sends the remaining time, the priority, the trace and the request id', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const id = '3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f11'
    const answer = await edge.fetch(unread(), {
      headers: {
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        tracestate: 'vendor=1',
        'x-request-id': id,
      },
    })
    const { headers } = lastSeen()
    expect(Number(headers['spillway-timeout-ms'])).toBeGreaterThan(0)
    expect(Number(headers['spillway-timeout-ms'])).toBeLessThan(1_000)
    expect(headers['spillway-priority']).toBe('normal')
    expect(headers.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
    expect(headers.tracestate).toBe('vendor=1')
    expect(headers['x-request-id']).toBe(id)
    expect(answer.headers.get('x-request-id')).toBe(id)
  })

  it('sends no field that a client invented', async () => {
    await post({
      headers: {
        'spillway-assertion': 'forged',
        'spillway-timeout-ms': '99999',
        'spillway-priority': 'critical',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=1.2.3.4',
        'x-real-ip': '1.2.3.4',
        'cf-connecting-ip': '1.2.3.4',
        'cf-ray': 'x',
        'x-request-id': 'not-a-uuid\u0020<script>',
        cookie: 'session=1',
        'x-http-method-override': 'DELETE',
      },
    })
    const { headers } = lastSeen()
    expect(headers['spillway-assertion']).not.toBe('forged')
    expect(Number(headers['spillway-timeout-ms'])).toBeLessThan(1_000)
    expect(headers['spillway-priority']).toBe('normal')
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    for (const name of [
      'x-forwarded-for',
      'x-forwarded-host',
      'forwarded',
      'x-real-ip',
      'cookie',
      'x-http-method-override',
    ]) {
      expect([name, headers[name]]).toEqual([name, undefined])
    }
    expect(Object.values(headers).join()).not.toContain('1.2.3.4')
  })

  it('sends the fields of the allow-list', async () => {
    const sent = {
      'idempotency-key': 'k-1',
      'if-match': '"3"',
      prefer: 'return=minimal',
      'content-type': 'application/merge-patch+json',
    }
    await edge.fetch('/v2/places/1', { method: 'PATCH', body: '{}', headers: { ...writer, ...sent } })
    expect(lastSeen().headers).toMatchObject(sent)
  })

  it('sends requests that no cache on the way may answer', async () => {
    await edge.fetch(unread())
    // Added by the runtime for `cache: 'no-store'`.
    expect(lastSeen().headers['cache-control']).toBe('no-cache')
  })

  it('sends the canonical query', async () => {
    await edge.fetch('/v2/places?sort=-name&limit=5&countryCode=FR&kind%5Bin%5D=city,capital')
    const first = lastSeen().url
    await edge.fetch('/v2/places?kind[in]=capital,city&countryCode=FR&limit=5&sort=-name')
    expect(lastSeen().url).toBe(first)
    expect(origin.seen.filter(({ url }) => url === first)).toHaveLength(1)
  })

  it('never sends a path outside the contract', async () => {
    const before = origin.requests
    for (const path of [
      '/livez',
      '/readyz',
      '/metrics',
      '/',
      '/v2/places/../../metrics',
      '/docs/%2e%2e/metrics',
      '/docs/..%2fmetrics',
      '/docs/.hidden',
      '/docs//metrics',
      '/v9/places',
      '//metrics',
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1`)
      expect([path, answer.status]).toEqual([path, 404])
    }
    expect(origin.requests).toBe(before)
  })
})

describe('a body', () => {
  it('of no bytes is none', async () => {
    await edge.fetch('/v2/places/1', { method: 'DELETE', headers: { ...writer, 'content-length': '0' } })
    expect(lastSeen().headers).not.toHaveProperty('transfer-encoding')
    expect(lastSeen().headers).not.toHaveProperty('content-type')
  })

  it('is passed on as it is', async () => {
    await post({ body: '{"name":"Köln"}' })
    expect(await lastSeen().body).toBe('{"name":"Köln"}')
  })

  it('that declares too much is refused before any of it is read', async () => {
    const before = origin.requests
    const answer = await raw('POST /v2/places HTTP/1.1', [
      `Authorization: ${writer.authorization}`,
      'Content-Type: application/json',
      'Content-Length: 10000000',
    ])
    expect(answer.status).toBe(413)
    expect(origin.requests).toBe(before)
  })

  it('that turns out too large is broken off', async () => {
    const brokenOff = new Promise((resolve) => {
      origin.answer(async (seen) => {
        await seen.body.catch(resolve)
      })
    })
    const chunk = new Uint8Array(64 * 1_024)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent > 64) controller.close()
        else controller.enqueue(chunk)
        sent += 1
      },
    })
    const id = crypto.randomUUID()
    // The answer may arrive while the client still sends; then its write fails first.
    const answer = post({ body, duplex: 'half', headers: { 'x-request-id': id } }).catch(() => undefined)
    expect(await edge.lineOf(id)).toMatchObject({ status: 413, reason: 'content-too-large' })
    await answer
    await brokenOff
  })

  it('is streamed: the origin has its beginning before the client has sent its end', async () => {
    const seen = new Promise<SeenRequest>((resolve) => {
      origin.answer(async (request, response) => {
        resolve(request)
        response.end(await request.body)
      })
    })
    const { readable, writable } = new TransformStream<Uint8Array>()
    const sink = writable.getWriter()
    const answer = post({ body: readable, duplex: 'half' })
    const encoder = new TextEncoder()
    await sink.write(encoder.encode('{"name":'))
    await seen
    await sink.write(encoder.encode('"Paris"}'))
    await sink.close()
    expect(await (await answer).text()).toBe('{"name":"Paris"}')
  })

  it('that does not come takes no place of those that do, beyond a few', async () => {
    origin.answer(async (seen, response) => {
      await seen.body
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
    })
    const before = origin.requests
    // Twenty callers, since a single one would get only its share.
    const callers = await Promise.all(
      Array.from({ length: 20 }, async (_, number) =>
        bearer(await issuer.mint({ claims: { sub: `slow-${number}`, scope: 'places:write' } })),
      ),
    )
    const stall = (headers: Record<string, string>) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      })
      return post({ body, duplex: 'half', headers }).then(({ status }) => status)
    }
    const stalled = Array.from({ length: 80 }, (_, number) => stall(callers[number % 20] ?? {}))
    await vi.waitFor(() => expect(origin.requests).toBeGreaterThan(before), 60_000)
    const others = await Promise.all(Array.from({ length: 5 }, () => post({ body: '{"name":"Paris"}' })))
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 201))
    expect(await Promise.all(stalled)).toEqual(stalled.map(() => 408))
    expect(origin.requests - before).toBeLessThan(others.length + 10)
  })

  it.each(['stalls', 'ends too soon', 'breaks off'])(
    'that is short and %s reaches no origin',
    async (what) => {
      const before = origin.requests
      const { hostname, port } = new URL(edge.url)
      const socket = connect(Number(port), hostname)
      const answered = new Promise<string>((resolve) => {
        let text = ''
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('error', () => {})
        socket.on('close', () => resolve(text))
      })
      const fields = [
        `Host: ${hostname}`,
        `Authorization: ${writer.authorization}`,
        'Content-Type: application/json',
        'Content-Length: 20',
        'Connection: close',
      ]
      socket.write(`POST /v2/places HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n{"name":`)
      if (what === 'ends too soon') socket.end()
      if (what === 'breaks off') setTimeout(() => socket.resetAndDestroy(), 100)
      const text = await answered
      if (what === 'stalls') expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"request-timeout"/)
      // Everything pending has happened once another request is answered.
      expect((await edge.fetch(unread())).status).toBe(200)
      expect(origin.requests).toBe(before + 1)
    },
  )

  it('is not waited for where so many are that they would fill the isolate', async () => {
    origin.answer(async (seen, response) => {
      await seen.body
      response.end('{}')
    })
    const stalled = Array.from({ length: 180 }, () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      })
      return post({ body, duplex: 'half' })
    })
    const answers = await Promise.all(stalled)
    const shed = answers.filter(({ status }) => status === 503)
    expect(shed.length).toBeGreaterThan(30)
    expect(shed[0]?.headers.get('retry-after')).toMatch(/^[12]$/)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503, 408]))
  })
})

it('an empty Idempotency-Key is not taken for none', async () => {
  const before = origin.seen.length
  const refused = await post({ headers: { 'idempotency-key': '' } })
  expect(refused.status).toBe(400)
  expect(origin.seen.length).toBe(before)
})

it('a part of a representation is not taken for the whole (RFC 9110 §14.5)', async () => {
  const before = origin.seen.length
  const refused = await post({ headers: { 'content-range': 'bytes 0-1/9' } })
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'invalid-header' }])
  expect(origin.seen.length).toBe(before)
})

describe('from the origin', () => {
  it('passes on no hop-by-hop field and no server identification', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        connection: 'keep-alive, x-private',
        'x-private': '1',
        server: 'secret/1.0',
        'x-powered-by': 'secret',
        via: '1.1 secret-host',
        'set-cookie': 'a=b',
        'spillway-purge-tag': 'places:1',
        'spillway-anything': '1',
        'x-request-id': 'ffffffff-ffff-4fff-8fff-ffffffffffff',
      })
      response.end('{}')
    })
    const answer = await edge.fetch(unread())
    const fields = Object.fromEntries(answer.headers)
    for (const name of [
      'x-private',
      'server',
      'x-powered-by',
      'via',
      'set-cookie',
      'spillway-purge-tag',
      'spillway-anything',
    ]) {
      expect([name, fields[name]]).toEqual([name, undefined])
    }
    expect(fields['x-request-id']).not.toBe('ffffffff-ffff-4fff-8fff-ffffffffffff')
  })

  it('passes redirects on unchanged', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(307, { location: '/elsewhere', 'cache-control': 'no-store' }).end()
    })
    const answer = await edge.fetch('/problems/not-found', { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/elsewhere'])
  })

  it.each([400, 403, 404, 431, 502])('comes a gateway’s own %i as a problem of ours', async (status) => {
    origin.answer((_seen, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>ip-10-0-0-1 is down</h1>')
    })
    const answer = await edge.fetch(unread())
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ code: 'origin-unreachable', retryable: true })
  })

  it('closes the origin to nobody, what a gateway says of single requests', async () => {
    origin.answer((_seen, response) => void response.writeHead(400).end('<h1>too long</h1>'))
    for (let request = 0; request < 8; request += 1) await edge.fetch(unread())
    origin.answer(storable({ id: '1' }))
    expect((await edge.fetch(unread())).status).toBe(200)
  })

  it.each(['GET', 'POST'])(
    'comes no word of its refusing the edge as a refusal of the caller: %s',
    async (method) => {
      origin.answer((_seen, response) => {
        response
          .writeHead(401, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
          .end(JSON.stringify({ code: 'edge-only', status: 401 }))
      })
      const answer = method === 'GET' ? await edge.fetch(unread()) : await post()
      expect(answer.status).toBe(502)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(await answer.json()).toMatchObject({
        code: 'origin-unreachable',
        detail: expect.stringContaining('Nothing was done.'),
        retryable: true,
      })
    },
  )
})

describe('time and failure', () => {
  it('no answer in time is a 504, and the request to the origin is aborted', async () => {
    const aborted = new Promise<void>((resolve) => {
      origin.answer((seen) => void seen.aborted.then(resolve))
    })
    const answer = await edge.fetch(unread())
    expect(answer.status).toBe(504)
    expect(await answer.json()).toMatchObject({ code: 'deadline-exceeded' })
    await aborted
  })

  it('an answer that breaks off counts as the origin’s failure', async () => {
    origin.answer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'cdn-cache-control': 'max-age=30' })
      response.write('{"half":', () => response.destroy())
    })
    const answer = await edge.fetch(unread())
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ code: 'origin-unreachable' })
  })

  it('retries a read once after a broken connection', async () => {
    const before = origin.requests
    origin.answer((seen, response, number) => {
      if (number === before + 1) response.destroy()
      else storable({ id: 'again' })(seen, response, number)
    })
    const answer = await edge.fetch(unread())
    expect(answer.status).toBe(200)
    expect(origin.requests).toBe(before + 2)
  })

  it('does not retry a write without an Idempotency-Key', async () => {
    const before = origin.requests
    origin.answer((_seen, response) => void response.destroy())
    const answer = await post()
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'outcome-unknown' })
    expect(origin.requests).toBe(before + 1)
  })

  it('retries a write with an Idempotency-Key with the same body', async () => {
    // Earns the retry: one in ten requests.
    for (let request = 0; request < 12; request += 1) await edge.fetch(unread())
    const bodies: string[] = []
    origin.answer(async (seen, response) => {
      bodies.push(await seen.body)
      if (bodies.length === 1) response.destroy()
      else response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
    })
    const answer = await post({ headers: { 'idempotency-key': 'k-2' } })
    expect(answer.status).toBe(201)
    expect(bodies).toEqual(['{"name":"Paris"}', '{"name":"Paris"}'])
  })

  it('a client that leaves takes its uncached read with it, and it is not held against the origin', async () => {
    const { hostname, port } = new URL(edge.url)
    // Six timeouts in a row would open the breaker.
    for (let client = 0; client < 6; client += 1) {
      const socket = connect(Number(port), hostname)
      const aborted = new Promise<void>((resolve) => {
        origin.answer((seen) => {
          void seen.aborted.then(resolve)
          // The edge sees a reset when a client closes an HTTP/2 stream.
          socket.resetAndDestroy()
        })
      })
      socket.write(`GET ${unread()} HTTP/1.1\r\nHost: ${hostname}\r\nRange: bytes=0-9\r\n\r\n`)
      await aborted
    }
    origin.answer(storable({ id: '1' }))
    expect((await edge.fetch(unread())).status).toBe(200)
  })

  it('a client that does not send its body is not held against the origin', async () => {
    origin.answer(async (seen, response) => {
      await seen.body
      response.end('{}')
    })
    const stalled = Array.from({ length: 6 }, () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      })
      return post({ body, duplex: 'half' }).then(async (answer) => [answer.status, await answer.json()])
    })
    const nothingDone = { code: 'request-timeout', detail: expect.stringContaining('Nothing was done.') }
    expect(await Promise.all(stalled)).toMatchObject(stalled.map(() => [408, nothingDone]))
    origin.answer(storable({ id: '1' }))
    expect((await edge.fetch(unread())).status).toBe(200)
  })
})

describe('several origins', () => {
  it('shares reads between origins of one rank, and goes on when one of them is down', async () => {
    const ways = [await startScriptedOrigin(), await startScriptedOrigin()]
    for (const way of ways) way.answer(storable({ id: '1' }))
    const [first, second] = ways.map(({ url }) => url)
    const shared = await startTestEdge({
      origins: ways,
      issuers: [issuer],
      variables: { ORIGINS: `${first} ${second}, ${origin.url}` },
    })
    /** One after the other: a busy machine would take too long for many at once, and the edge shed some. */
    const readSome = async (): Promise<readonly number[]> => {
      const statuses: number[] = []
      for (let read = 0; read < 24; read += 1) statuses.push((await shared.fetch(unread())).status)
      return statuses
    }
    const before = origin.seen.length
    expect(new Set(await readSome())).toEqual(new Set([200]))
    for (const way of ways) expect(way.seen.length).toBeGreaterThan(0)

    await ways[0]?.stop()
    expect(new Set(await readSome())).toEqual(new Set([200]))
    expect(origin.seen).toHaveLength(before)
    await shared.stop()
    await ways[1]?.stop()
  })

  it('uses the next origin when the first is down', async () => {
    const spare = await startScriptedOrigin()
    const down = await startScriptedOrigin()
    await down.stop()
    const pair = await startTestEdge({ origins: [down, spare] })
    try {
      expect((await pair.fetch('/v2/places/a')).status).toBe(200)
      expect(spare.requests).toBe(1)
    } finally {
      await pair.stop()
      await spare.stop()
    }
  })

  it('returns to the first origin when it is back, after few probes', async () => {
    const spare = await startScriptedOrigin()
    const preferred = await startScriptedOrigin()
    await preferred.stop()
    const pair = await startTestEdge({ origins: [preferred, spare] })
    try {
      for (let request = 0; request < 20; request += 1) {
        expect((await pair.fetch(unread())).status).toBe(200)
      }
      await preferred.start()
      const answeredBy = async (): Promise<number> => {
        expect((await pair.fetch(unread())).status).toBe(200)
        return preferred.requests
      }
      await expect.poll(answeredBy, { timeout: 60_000 }).toBeGreaterThan(3)
    } finally {
      await pair.stop()
      await spare.stop()
      await preferred.stop()
    }
  })

  it('answers 502 without naming the origins when none of them answers', async () => {
    const down = await startScriptedOrigin()
    await down.stop()
    const alone = await startTestEdge({ origins: [down] })
    try {
      const answer = await alone.fetch('/v2/places/a')
      expect(answer.status).toBe(502)
      expect(await answer.text()).not.toContain('127.0.0.1')
    } finally {
      await alone.stop()
    }
  })
})

/** Sends a request byte by byte, which no client library does. @returns its status */
function raw(line: string, fields: readonly string[] = []): Promise<{ readonly status: number }> {
  const { hostname, port } = new URL(edge.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', reject)
    socket.on('connect', () => socket.write([line, `Host: ${hostname}`, ...fields, '', ''].join('\r\n')))
    socket.once('data', (data) => {
      socket.destroy()
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString())?.[1]) })
    })
  })
}
