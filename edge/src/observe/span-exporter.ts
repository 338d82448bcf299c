import type { SpanReceiver } from '../config/tracing.ts'
import type { OtlpSpan } from './spans.ts'

export interface SpanExporterOptions {
  readonly receiver: SpanReceiver
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Called with the reason when spans were not accepted; they are lost. */
  readonly onFailure: (reason: unknown) => void
}

/** Spans of one export. */
const spansMax = 256
/** Time for which spans are gathered, in ms. */
const gatherMs = 1_000
const timeoutMs = 5_000

/**
 * Sends spans by OTLP/HTTP in JSON (OTLP 1.5, "OTLP/HTTP"), many at a time. An export is part of the request during
 * which it is due, after its answer. Spans beyond {@link spansMax} are dropped: memory is bounded, and a receiver that is
 * slow costs no request anything.
 */
export class SpanExporter {
  readonly #options: SpanExporterOptions
  #spans: OtlpSpan[] = []
  #sinceMs = 0

  constructor(options: SpanExporterOptions) {
    this.#options = options
  }

  /** @returns an export that has become due, for `waitUntil` */
  add(spans: readonly OtlpSpan[], nowMs: number): Promise<void> | undefined {
    if (this.#spans.length === 0) this.#sinceMs = nowMs
    if (this.#spans.length + spans.length <= spansMax) this.#spans.push(...spans)
    const isDue = nowMs - this.#sinceMs >= gatherMs || this.#spans.length >= spansMax / 2
    return isDue ? this.#export() : undefined
  }

  async #export(): Promise<void> {
    const { receiver, fetch, onFailure } = this.#options
    const spans = this.#spans
    this.#spans = []
    try {
      const answer = await fetch(`${receiver.endpoint}/v1/traces`, {
        method: 'POST',
        headers: { ...receiver.headers, 'content-type': 'application/json' },
        body: JSON.stringify(requestOf(spans)),
        signal: AbortSignal.timeout(timeoutMs),
      })
      await answer.body?.cancel()
      if (!answer.ok) onFailure(`the receiver answered ${answer.status}`)
    } catch (error) {
      onFailure(error)
    }
  }
}

/** `ExportTraceServiceRequest`. */
const requestOf = (spans: readonly OtlpSpan[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'spillway-edge' } }] },
      scopeSpans: [{ scope: { name: 'spillway' }, spans }],
    },
  ],
})
