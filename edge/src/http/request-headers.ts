import { limits, type Problem } from '@spillway/origin/contract'

/** The request target as sent. A fragment is never sent, so what follows the authority is path and query. */
export function pathAndSearch(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}

/** Whether path and query are within the limit; both are percent-encoded, so characters are bytes. */
export function urlProblem(target: string): Problem | undefined {
  if (target.length <= limits.urlLengthMax) return undefined
  return { code: 'uri-too-long', detail: `Path and query exceed ${limits.urlLengthMax} bytes.` }
}

/**
 * The part of a request that stages look at. Each reads by name what it needs: to ask the runtime for a field that was not sent
 * costs a third of being told of one that was, and a browser sends twenty.
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

/** Reads each member once: a getter of the runtime's makes a new string, or crosses into it, every time. */
export function arrivalOf(request: Request, arrivedAtMs: number): Arrival {
  const { method, url, headers } = request
  return { method, url, headers, request, arrivedAtMs }
}

/** A UUID in its usual spelling (RFC 9562 §4), any version. */
export const isUuid = (text: string): boolean =>
  text.length === 36 && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
