import type { TraceContext } from '../http/trace-context.ts'
import type { AnswerObservation } from './observation.ts'

/** Span in OTLP's JSON encoding (opentelemetry-proto, `trace.proto`): ids in hex, times in ns as text. */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 2: server, 3: client. */
  readonly kind: 2 | 3
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly OtlpAttribute[]
  /** 2: error. */
  readonly status?: { readonly code: 2 }
}

export interface OtlpAttribute {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string }
}

/** The last attempt at the origin. */
export interface OriginAttempt {
  /** Id that the origin got as its parent. */
  readonly spanId: string
  /** Epoch milliseconds. */
  readonly startedAtMs: number
}

export interface TracedAnswer {
  readonly answer: AnswerObservation
  readonly trace: TraceContext
  readonly spanId: string
  /** End of the request, in ms since the epoch. */
  readonly endedAtMs: number
  /** `undefined` if the origin was not asked. */
  readonly attempt: OriginAttempt | undefined
}

/**
 * Spans of one request by OpenTelemetry's conventions for HTTP (semconv 1.29, "HTTP spans"): the request, and the last
 * attempt at the origin, of which the origin's own span is a child. They hold no more than a line of the log.
 */
export function spansOf({ answer, trace, spanId, endedAtMs, attempt }: TracedAnswer): readonly OtlpSpan[] {
  const { method, pattern, status, reason, cache, requestId, durationMs, originMs = 0 } = answer
  const { traceId, callerSpanId } = trace
  const failed = status >= 500
  const request: OtlpSpan = {
    ...{ traceId, spanId },
    ...(callerSpanId !== undefined && { parentSpanId: callerSpanId }),
    name: pattern === undefined ? method : `${method} ${pattern}`,
    kind: 2,
    ...periodOf(endedAtMs - durationMs, endedAtMs),
    attributes: [
      text('http.request.method', method),
      ...(pattern === undefined ? [] : [text('http.route', pattern)]),
      { key: 'http.response.status_code', value: { intValue: String(status) } },
      ...(failed ? [text('error.type', reason ?? String(status))] : []),
      text('spillway.request_id', requestId),
      ...(reason === undefined ? [] : [text('spillway.reason', reason)]),
      ...(cache === undefined ? [] : [text('spillway.cache', cache)]),
    ],
    ...(failed && { status: { code: 2 as const } }),
  }
  if (attempt === undefined) return [request]
  const { startedAtMs } = attempt
  const forwarded: OtlpSpan = {
    ...{ traceId, spanId: attempt.spanId, parentSpanId: spanId },
    name: method,
    kind: 3,
    ...periodOf(startedAtMs, startedAtMs + originMs),
    attributes: [text('http.request.method', method)],
  }
  return [request, forwarded]
}

const text = (key: string, stringValue: string): OtlpAttribute => ({ key, value: { stringValue } })

const periodOf = (fromMs: number, toMs: number) => ({
  startTimeUnixNano: nanoseconds(fromMs),
  endTimeUnixNano: nanoseconds(toMs),
})

/** perf: a number of ns is beyond the safe integers, and a BigInt costs more than six zeros. */
const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`
