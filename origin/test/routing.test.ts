import { connect } from 'node:net'
import { lifecycleHeaders, limits, headers as names, viewsOf } from '@spillway/origin/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resources } from './fixture/application.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import { alice, editor } from './support/client.ts'
import { versionOf } from './support/etag.ts'
import { placeV1, placeV2 } from './support/samples.ts'

/** The real time while it is not set. */
const clock: { nowMs?: number | undefined } = {}
let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ clock: () => clock.nowMs ?? Date.now() })
})
afterAll(() => origin.stop())

describe('methods', () => {
  it.each([
    ['/v2/places', 'GET, HEAD, POST, OPTIONS'],
    ['/v2/places/batch', 'POST, OPTIONS'],
    ['/v2/places/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['/openapi.json', 'GET, HEAD, OPTIONS'],
    ['/problems/not-found', 'GET, HEAD, OPTIONS'],
  ])('%s takes %s', async (path, allow) => {
    const options = await origin.send('OPTIONS', path)
    expect([options.status, options.headers.allow, options.text]).toEqual([204, allow, ''])
    const offered = allow.split(', ')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']) {
      if (offered.includes(method)) continue
      // The body's type is not supported either: the method is reported first.
      const answer = await origin.send(method, path, {
        as: editor,
        headers: { 'content-type': 'text/plain' },
      })
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, allow])
      expect(answer.json.code).toBe('method-not-allowed')
    }
  })
})

describe('an unknown path is 404', () => {
  it.each([
    '/',
    '/v2',
    '/v3/places',
    '/v1/trips',
    '/v2/nothing',
    '/v2/places/',
    '/v2//places',
    '/V2/places',
    '/v2/Places',
    '/v2/places/1/2',
    '/v2/places/a%20b',
    '/v2/places/%61',
    '/v2/places/%',
    '/v2/%70laces',
    '/v2/places/..',
    '/v2/places/../places',
    '/v2/places;x=1',
    '/v2/places/1;x=1',
    '/v2/places/%00',
    '/v2/places/%2e%2e%2fadmin',
    `/v2/places/${'1'.repeat(65)}`,
    '/v2/places/$ne',
    '/v2/places/[object%20Object]',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
    '/problems/nothing',
    '/metrics/',
  ])('%s', async (path) => {
    const answer = await origin.send('GET', path, { as: alice })
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found'])
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  it('whatever the body', async () => {
    const answer = await origin.send('POST', '/v2/nothing', { as: alice, body: 'x'.repeat(300_000) })
    expect(answer.status).toBe(404)
  })
})

describe('two versions over one document', () => {
  it('show and accept the same data, each in its own form', async () => {
    const created = await origin.send('POST', '/v1/places', { as: editor, body: placeV1 })
    const id = created.json.id
    expect(created.headers.location).toBe(`/v1/places/${id}`)
    const inV2 = await origin.send('GET', `/v2/places/${id}`)
    expect(inV2.json).toMatchObject(placeV2)
    await origin.send('PATCH', `/v2/places/${id}`, {
      as: editor,
      body: { kind: 'capital', location: { latitude: 1 } },
    })
    const inV1 = await origin.send('GET', `/v1/places/${id}`)
    expect(inV1.json).toMatchObject({ ...placeV1, capital: true, lat: 1 })
    expect(versionOf(inV1.headers.etag)).toBe(2)
  })

  it('a write of an old version keeps fields that it does not know', async () => {
    const { json } = await origin.send('POST', '/v2/places', {
      as: editor,
      body: { ...placeV2, kind: 'district' },
    })
    const before = await origin.send('GET', `/v1/places/${json.id}`)
    await origin.send('PUT', `/v1/places/${json.id}`, {
      as: editor,
      body: { ...before.json, name: 'Renamed' },
    })
    const after = await origin.send('GET', `/v2/places/${json.id}`)
    expect(after.json).toMatchObject({ name: 'Renamed', kind: 'district' })
  })
})

describe('a deprecated version', () => {
  const view = viewsOf(resources).find(({ representation }) => representation.deprecation !== undefined)
  if (view === undefined) throw new TypeError('the sample has a deprecated version')
  const announced = Object.fromEntries(lifecycleHeaders(view))

  it('is announced on every answer, beside the link to the next page', async () => {
    await origin.send('POST', '/v1/places', { as: editor, body: placeV1 })
    for (const path of ['/v1/places/none', '/v1/places?wrong=1', '/v1/places']) {
      expect((await origin.send('GET', path)).headers).toMatchObject(announced)
    }
    const { link, deprecation } = (await origin.send('GET', '/v1/places?limit=1')).headers
    expect(link).toContain('rel="next"')
    expect(link).toContain(announced.link)
    expect(deprecation).toBe(announced.deprecation)
    expect((await origin.send('GET', '/v2/places')).headers.deprecation).toBeUndefined()
  })

  it('is 410 from its sunset on, with its successor', async () => {
    const sunsetMs = Date.parse(view.representation.deprecation?.sunsetAt as string)
    const send = async (nowMs: number) => {
      const headers = { [names.assertion]: await assertionOf(undefined, nowMs) }
      clock.nowMs = nowMs
      try {
        return await origin.app.inject({ method: 'GET', url: '/v1/places', headers })
      } finally {
        clock.nowMs = undefined
      }
    }
    expect((await send(sunsetMs - 1_000)).statusCode).toBe(200)
    const gone = await send(sunsetMs)
    expect([gone.statusCode, gone.json().code]).toEqual([410, 'version-gone'])
    expect(gone.headers).toMatchObject(announced)
    expect(gone.json().detail).toContain('v2')
  })
})

describe('a request that is not HTTP', () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(origin.port, '127.0.0.1', () => socket.write(text))
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(received))
    })

  it('is answered with a problem, and its connection is closed', async () => {
    const answer = await raw('NONSENSE\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('application/problem+json')
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string).code).toBe('bad-request')
  })

  it('with headers above the limit is 431', async () => {
    const answer = await raw(
      `GET /livez HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(limits.forwardedHeadBytesMax)}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string).code).toBe('headers-too-large')
  })

  it.each([
    'content-length: 5\r\ncontent-length: 6',
    'content-length: 5\r\ntransfer-encoding: chunked',
    'transfer-encoding: chunked, identity',
    'content-length: -1',
    'content-length: 0x10',
  ])('a body of two lengths is refused (RFC 9112 §6.3): %j', async (lines) => {
    const answer = await raw(`POST /v2/trips HTTP/1.1\r\nhost: a\r\n${lines}\r\n\r\nhello`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('every answer', () => {
  const id = '8a3c1d7e-2f44-4b8e-9a51-0c6f5e7d9b21'
  it('has the edge’s request id, and the load', async () => {
    for (const path of ['/v2/places', '/v2/places/none', '/nowhere', '/docs', '/livez']) {
      const answer = await origin.send('GET', path, { headers: { [names.requestId]: id } })
      expect(answer.headers[names.requestId]).toBe(id)
      expect(answer.headers[names.load]).toMatch(/^u=\d+\.\d\d, q=\d+, s=[01]\.\d{3}$/)
      if (answer.status >= 400) {
        expect(answer.json).toMatchObject({ requestId: id, instance: `urn:uuid:${id}` })
        expect(answer.headers['cache-control']).toBe('no-store')
      }
    }
  })

  it('has a new request id if the received one is invalid', async () => {
    for (const sent of ['1', 'x'.repeat(200), `${id}\t`, '../../etc', undefined]) {
      const answer = await origin.send('GET', '/livez', { headers: { [names.requestId]: sent } })
      expect(answer.headers[names.requestId]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    }
  })
})
