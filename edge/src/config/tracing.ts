import { parseOtlpHeaders } from '@spillway/origin/contract'
import { isSafeUrl } from './issuer-login.ts'
import { isUnset, parseUrl } from './values.ts'

/** Base URL of an OTLP/HTTP receiver of spans, and headers such as its credentials. */
export interface SpanReceiver {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
}

/** Requests that are recorded as spans, and their receiver. */
export interface Tracing {
  readonly receiver: SpanReceiver
  /** Share of all requests, 0 to 1. Refusals are recorded beside it. */
  readonly ratio: number
}

/** Settings by their names in OpenTelemetry's specification ("OTLP Exporter", "SDK environment variables"). */
export interface TracingSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string
  readonly OTEL_TRACES_SAMPLER_ARG?: string
}

const defaultRatio = 0.01

/** Reads the settings; `undefined` without a receiver. Records each mistake, never with a header's value: it is a secret. */
export function readTracing(settings: TracingSettings, mistakes: string[]): Tracing | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings
  if (isUnset(endpoint)) return undefined
  const url = parseUrl(endpoint)
  if (url === undefined || !isSafeUrl(endpoint) || url.search !== '' || url.username !== '') {
    mistakes.push('OTEL_EXPORTER_OTLP_ENDPOINT: must be a base URL such as https://otlp.example.com.')
  }
  const ratio = readRatio(settings.OTEL_TRACES_SAMPLER_ARG, mistakes)
  const headers = parseOtlpHeaders(settings.OTEL_EXPORTER_OTLP_HEADERS ?? '')
  if (headers === undefined) {
    mistakes.push(
      'OTEL_EXPORTER_OTLP_HEADERS: must be name=value, comma-separated, with percent-encoded values.',
    )
  }
  return { receiver: { endpoint: endpoint.replace(/\/$/, ''), headers: headers ?? {} }, ratio }
}

function readRatio(text: string | undefined, mistakes: string[]): number {
  if (isUnset(text)) return defaultRatio
  const ratio = Number(text)
  if (!(ratio >= 0 && ratio <= 1)) mistakes.push('OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1.')
  return ratio
}
