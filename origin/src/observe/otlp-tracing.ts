import { type Link, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { TracingConfig } from '../config.ts'
import type { Tracing } from './tracing.ts'

/**
 * Sends spans by OTLP/HTTP, by OpenTelemetry's conventions for HTTP and database clients. The edge decides which
 * requests are recorded, by the sampled flag of `traceparent` (W3C Trace Context §3.2.2.5): this process begins no trace.
 *
 * Loaded only where a receiver is configured.
 */
export function openTracing({ endpoint, headers }: TracingConfig): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'spillway-origin' }),
    sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers }),
        scheduledDelayMillis: 1_000,
      }),
    ],
  })
  const tracer = provider.getTracer('spillway')
  /** By the request's message, which callers of a batch are known by as well. */
  const spans = new WeakMap<object, Span>()
  return {
    begin({ raw, id, startedAtMs }) {
      const parent = sampledParent(raw.headers.traceparent)
      if (parent === undefined) return
      const options = {
        kind: SpanKind.SERVER,
        startTime: performance.timeOrigin + startedAtMs,
        attributes: { 'http.request.method': raw.method, 'spillway.request_id': id },
      }
      const context = trace.setSpanContext(ROOT_CONTEXT, parent)
      spans.set(raw, tracer.startSpan(raw.method ?? '', options, context))
    },
    end({ raw, target, problem }, status) {
      const span = spans.get(raw)
      if (span === undefined) return
      span.updateName(`${raw.method} ${target.route}`)
      span.setAttributes({ 'http.route': target.route, 'http.response.status_code': status })
      if (problem !== undefined) span.setAttribute('error.type', problem.code)
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
    command(lane, callers) {
      const links: Link[] = []
      for (const { signal } of callers) {
        const span = signal?.source === undefined ? undefined : spans.get(signal.source)
        if (span !== undefined) links.push({ context: span.spanContext() })
      }
      const [first] = links
      if (first === undefined) return undefined
      const options = { kind: SpanKind.CLIENT, links, attributes: { 'db.system.name': 'mongodb' } }
      const span = tracer.startSpan(lane, options, trace.setSpanContext(ROOT_CONTEXT, first.context))
      return (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      }
    },
    stop: () => provider.shutdown(),
  }
}

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The caller's span, if its trace is recorded. The edge has checked the header, and sends version 00. */
function sampledParent(traceparent: string | string[] | undefined) {
  const [, traceId, spanId, flags = '0'] = pattern.exec(String(traceparent)) ?? []
  const traceFlags = Number.parseInt(flags, 16)
  if (traceId === undefined || spanId === undefined || (traceFlags & 1) === 0) return undefined
  return { traceId, spanId, traceFlags, isRemote: true }
}
