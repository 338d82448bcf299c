import { limits, type Problem, uriTooLong } from '@spillway/origin/contract'

/** Path and query of the request URL, as sent; a fragment never reaches the server. */
export function pathAndSearch(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}

/** Query of a request's URL, with `?`; empty without one. */
export function searchOf(url: string): string {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start)
}

/** Refuses a path and query above the limit. Both are percent-encoded, so characters are bytes. */
export function urlProblem(target: string): Problem | undefined {
  return target.length > limits.urlLengthMax ? uriTooLong : undefined
}

/**
 * The part of a request that stages read, field by field. perf: asking the runtime for an absent field costs a third of
 * reading a present one, and a browser sends twenty.
 */
export interface RequestHead {
  readonly method: string
  readonly url: string
  readonly headers: Headers
}

/** A request as it arrives. */
export interface Arrival extends RequestHead {
  readonly request: Request
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number
}

/** Reads each member once. perf: a runtime getter creates a string, or crosses into the runtime, on every access. */
export function arrivalOf(request: Request, arrivedAtMs: number): Arrival {
  const { method, url, headers } = request
  return { method, url, headers, request, arrivedAtMs }
}

/** A UUID in its usual spelling (RFC 9562 §4), any version. */
export const isUuid = (text: string): boolean =>
  text.length === 36 && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
