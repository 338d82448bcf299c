import type { Exchange } from '../exchange.ts'
import { readTrace, spanIdOf, type TraceContext, traceIdOf } from '../http/trace-context.ts'
import { LineBudget } from '../observe/line-budget.ts'
import type { AnswerObservation } from '../observe/observation.ts'
import type { SpanExporter } from '../observe/span-exporter.ts'
import { spansOf } from '../observe/spans.ts'
import type { RandomIds } from '../platform/random-ids.ts'

export interface TracesOptions {
  readonly exporter: Pick<SpanExporter, 'add'>
  /** Share of the requests that are recorded, 0 to 1. */
  readonly ratio: number
  readonly random: () => number
  readonly ids: RandomIds
}

/**
 * Records requests as spans: a random share of all, which the origin records too, and every refusal, as long as there is
 * no flood of them. The caller's sampled flag is not followed: it would let any caller make every request cost a span.
 */
export class Traces {
  readonly #options: TracesOptions
  readonly #refusals = new LineBudget({ perSecond: 10, burst: 50 })

  constructor(options: TracesOptions) {
    this.#options = options
  }

  /** Whether the request is one of the share. Decided once, since the origin is told. */
  samples(exchange: Exchange): boolean {
    exchange.isSampled ??= this.#options.random() < this.#options.ratio
    return exchange.isSampled
  }

  /** Records an answer. Keeps the request alive while spans are sent. */
  record(exchange: Exchange, answer: AnswerObservation, endedAtMs: number): void {
    if (!this.samples(exchange) && this.#refusals.take(endedAtMs) === undefined) return
    const { exporter, ids } = this.#options
    const spanId = spanIdOf(ids.next())
    const { originAttempt: attempt } = exchange
    const due = exporter.add(
      spansOf({ answer, trace: traceOf(exchange, ids, this), spanId, endedAtMs, attempt }),
      endedAtMs,
    )
    if (due !== undefined) exchange.waitUntil(due)
  }
}

/** The request's trace: read once, so that every attempt at an origin is part of the same. */
export function traceOf(exchange: Exchange, ids: RandomIds, traces: Traces | undefined): TraceContext {
  if (exchange.trace !== undefined) return exchange.trace
  const { headers } = exchange.head
  const trace = readTrace(headers.get('traceparent'), headers.get('tracestate'), () => traceIdOf(ids.next()))
  exchange.trace = traces === undefined ? trace : { ...trace, flags: traces.samples(exchange) ? '01' : '00' }
  return exchange.trace
}
