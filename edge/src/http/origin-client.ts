import type { Deadline } from './deadline.ts'
import type { OutgoingFields } from './forwarded-headers.ts'
import { OriginReply, type Within } from './origin-reply.ts'
import type { RequestBody } from './request-body.ts'

/** A request to one origin, ready to send. */
export interface OriginRequest {
  readonly method: string
  readonly url: string
  readonly headers: OutgoingFields
  readonly body: RequestBody | null
  /** Time by which the answer's header must have arrived. */
  readonly deadline: Deadline
  /** Aborts the request; only when the answer is for a single client. */
  readonly signal: AbortSignal | undefined
  /** Longest time that the body may take after its header has arrived, in ms. @default 10 s */
  readonly bodyTimeoutMs?: number
}

/** `abandoned`: the client left, or did not send its body in time. Neither says anything about the origin. */
export type OriginAnswer =
  | { readonly kind: 'answer'; readonly reply: OriginReply }
  | { readonly kind: 'timeout' | 'unreachable' | 'abandoned' }

/**
 * Longest time for a body after the deadline: a stalled body must not hold a shared fetch for ever. A body that is
 * streamed to a client ends with that client, since the runtime ends both with the request.
 */
const usualBodyTimeoutMs = 10_000

/**
 * Sends a request. It never rejects: each kind of failure is an outcome. The client follows redirects, not the edge.
 *
 * perf: a signal costs `fetch` three times what a race does (decision 56). A request that nothing but time can end has
 * none. When it is late, nobody waits for it, and the runtime ends it together with the client's request.
 */
export function sendToOrigin(request: OriginRequest): Promise<OriginAnswer> {
  const { body, signal } = request
  const endsEarly = signal !== undefined || (body !== null && !body.isComplete)
  return endsEarly ? sendAbortable(request) : sendWhole(request)
}

async function sendWhole(request: OriginRequest): Promise<OriginAnswer> {
  const { body, deadline, url, bodyTimeoutMs = usualBodyTimeoutMs } = request
  try {
    const fetched = fetch(url, initOf(request, body === null ? null : body.bytes))
    const response = await Promise.race([fetched, deadline.passed])
    if (response === undefined) {
      fetched.then((late) => late.body?.cancel()).catch(() => undefined)
      return { kind: 'timeout' }
    }
    const within: Within = (reading) =>
      Promise.race([reading, deadline.passed.then(() => stallAfter(bodyTimeoutMs))])
    return { kind: 'answer', reply: new OriginReply(response, { within }) }
  } catch {
    return { kind: 'unreachable' }
  }
}

/** Sends a request that its client, or a body that breaks off, can end. */
async function sendAbortable(request: OriginRequest): Promise<OriginAnswer> {
  const { body, deadline, signal, url, bodyTimeoutMs = usualBodyTimeoutMs } = request
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  let hasHeader = false
  let isLate = false
  void deadline.passed.then(() => {
    isLate = !hasHeader
    if (hasHeader) setTimeout(abort, bodyTimeoutMs)
    else abort()
  })
  signal?.addEventListener('abort', abort)
  const sent = body === null ? null : body.isComplete ? body.bytes : body.stream(abort)
  try {
    const response = await fetch(url, { ...initOf(request, sent), signal: controller.signal })
    hasHeader = true
    return { kind: 'answer', reply: new OriginReply(response) }
  } catch {
    signal?.removeEventListener('abort', abort)
    const isComplete = body === null || body.isComplete
    if (isLate) return { kind: isComplete ? 'timeout' : 'abandoned' }
    return { kind: controller.signal.aborted ? 'abandoned' : 'unreachable' }
  }
}

const initOf = ({ method, headers }: OriginRequest, body: BodyInit | null): RequestInit => ({
  method,
  headers,
  body,
  redirect: 'manual',
  // Cloudflare caches by URL alone: a zone rule that makes the URL cacheable would serve one subject's answer to all.
  cache: 'no-store',
})

const stallAfter = (ms: number): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the body stalled')), ms)
  })
