import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, up } from '@spillway/infra/local/up'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'

/** One trace through both tiers to a real database, at a receiver of OTLP/HTTP. */

interface Span {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly links?: readonly { readonly spanId: string }[]
}

const spans: Span[] = []
let receiver: Server
let stack: Stack

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    // The cast is safe: this is the form of `ExportTraceServiceRequest`, or the test fails.
    const { resourceSpans } = (await json(request)) as {
      resourceSpans: {
        resource: { attributes: { key: string; value: { stringValue: string } }[] }
        scopeSpans: { spans: Omit<Span, 'service'>[] }[]
      }[]
    }
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
      spans.push(...scopeSpans.flatMap(({ spans: sent }) => sent.map((span) => ({ service, ...span }))))
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
  stack = await up({
    databaseUri: inject('databaseUri'),
    application: 'fixture',
    edgeVariables: { ...variables, OTEL_TRACES_SAMPLER_ARG: '1' },
    originEnv: variables,
  })
})
afterAll(async () => {
  await stack?.stop()
  receiver?.close()
})

it('leads from the caller through edge and origin to the command that also did the work of others', async () => {
  const token = await stack.issuer.mintToken({ sub: 'alice' })
  const trace = (index: number) => index.toString(16).padStart(32, '1')
  const caller = '00f067aa0ba902b7'
  const read = (index: number) =>
    fetch(`${stack.url}/v2/trips/missing-${index}`, {
      headers: { authorization: `Bearer ${token}`, traceparent: `00-${trace(index)}-${caller}-01` },
    }).then((answer) => answer.text())
  const byId = (id: string | undefined) => spans.find(({ spanId }) => spanId === id)
  const complete = (span: Span) =>
    span.name.endsWith(' find') &&
    (span.links ?? []).length > 1 &&
    byId(byId(byId(span.parentSpanId)?.parentSpanId)?.parentSpanId) !== undefined
  // Requests at the same time, so that some share a command; again, as long as spans of one trace are missing: each tier
  // sends its own when it has many or when they are old.
  let shared: Span | undefined
  for (let round = 0; shared === undefined; round += 1) {
    await Promise.all(Array.from({ length: 80 }, (_, index) => read(80 * round + index)))
    await sleep(500)
    shared = spans.find(complete)
  }
  for (const { spanId } of shared.links ?? []) expect(byId(spanId)?.service).toBe('spillway-origin')
  const atOrigin = byId(shared.parentSpanId) as Span
  expect(atOrigin).toMatchObject({ service: 'spillway-origin', name: 'GET /v2/trips/:id' })
  const attempt = byId(atOrigin.parentSpanId) as Span
  expect(attempt).toMatchObject({ service: 'spillway-edge', name: 'GET', traceId: atOrigin.traceId })
  expect(byId(attempt.parentSpanId)).toMatchObject({ name: 'GET /v2/trips/:id', parentSpanId: caller })
})
