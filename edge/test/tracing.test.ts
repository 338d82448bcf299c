import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { OtlpSpan } from '../src/observe/spans.ts'
import { type Edge, startTestEdge } from './support/edge.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

/** Spans of requests, at a receiver of OTLP/HTTP. */

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'

let origin: ScriptedOrigin
let receiver: Server
let endpoint: string
let status: number
const spans: OtlpSpan[] = []
const credentials: (string | undefined)[] = []
let edge: Edge | undefined

beforeAll(async () => {
  origin = await startScriptedOrigin()
  receiver = createServer(async (request, response) => {
    // The cast is safe: the edge sends this form, or the test fails.
    const { resourceSpans } = (await json(request)) as {
      resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[]
    }
    if (request.url === '/otlp/v1/traces') {
      credentials.push(request.headers['x-api-key'] as string | undefined)
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans: sent }) => sent)))
    }
    response.writeHead(status).end('{}')
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/otlp`
})
beforeEach(() => {
  status = 200
  spans.length = 0
  origin.answer(storable({ id: '1' }))
})
afterEach(() => edge?.stop())
afterAll(async () => {
  receiver.close()
  await origin.stop()
})

const start = async (ratio: string): Promise<Edge> => {
  edge = await startTestEdge({
    origins: [origin],
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20b',
      OTEL_TRACES_SAMPLER_ARG: ratio,
    },
  })
  return edge
}

/** Enough requests for an export to be due, whatever the time. */
const many = async (count: number, path: (index: number) => string, traceparent: string) => {
  for (let index = 0; index < count; index += 1) {
    await (await edge?.fetch(path(index), { headers: { traceparent } }))?.arrayBuffer()
  }
}
const read = (index: number) => `/v2/places/read-${index}`
const attribute = ({ attributes }: OtlpSpan, name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0]

it("records a request and its attempt at the origin, whose span is the attempt's child", async () => {
  await start('1')
  await many(64, read, `00-${trace}-${caller}-00`)
  await vi.waitFor(() => expect(spans.length).toBeGreaterThanOrEqual(2), 60_000)
  const [request, attempt] = spans as [OtlpSpan, OtlpSpan]
  expect(request).toMatchObject({ traceId: trace, parentSpanId: caller, name: 'GET /v2/places/:id', kind: 2 })
  expect(attribute(request, 'http.response.status_code')).toBe('200')
  expect(attribute(request, 'http.route')).toBe('/v2/places/:id')
  expect(attempt).toMatchObject({ traceId: trace, parentSpanId: request.spanId, name: 'GET', kind: 3 })
  expect(origin.seen[0]?.headers.traceparent).toBe(`00-${trace}-${attempt.spanId}-01`)
  expect(BigInt(request.startTimeUnixNano) <= BigInt(attempt.startTimeUnixNano)).toBe(true)
  expect(BigInt(attempt.endTimeUnixNano) <= BigInt(request.endTimeUnixNano)).toBe(true)
  expect(credentials[0]).toBe('a b')
})

it('records refusals alone with a ratio of 0, even if the caller asks for more', async () => {
  await start('0')
  const before = origin.seen.length
  await many(20, (index) => `/v2/places/other-${index}`, `00-${trace}-${caller}-01`)
  expect(origin.seen[before]?.headers.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
  // A flood is not recorded: fifty at once, then ten a second.
  await many(50, () => '/v2/trips', `00-${trace}-${caller}-01`)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await many(1, () => '/v2/trips', `00-${trace}-${caller}-01`)
  await vi.waitFor(() => expect(spans.length).toBeGreaterThan(0), 60_000)
  expect(new Set(spans.map((span) => attribute(span, 'spillway.reason')))).toEqual(
    new Set(['unauthenticated']),
  )
  expect(spans.length).toBeLessThanOrEqual(62)
})

it('serves on while the receiver fails, and reports it', async () => {
  const failing = await start('1')
  status = 500
  await many(64, (index) => `/v2/places/more-${index}`, `00-${trace}-${caller}-01`)
  await vi.waitFor(() => expect(failing.log).toContain('the receiver answered 500'), 60_000)
  expect((await failing.fetch('/v2/places/after')).status).toBe(200)
})

it('refuses settings that no receiver could have, without repeating a secret', async () => {
  edge = await startTestEdge({
    origins: [origin],
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'otlp.example.com',
      OTEL_EXPORTER_OTLP_HEADERS: 'secret',
      OTEL_TRACES_SAMPLER_ARG: '2',
    },
  })
  await edge.fetch('/v2/places/1')
  const log = () => edge?.log
  await vi.waitFor(() => {
    for (const name of ['ENDPOINT: must', 'HEADERS: must', 'SAMPLER_ARG: must']) expect(log()).toContain(name)
  }, 60_000)
  expect(log()).not.toContain('secret')
})
