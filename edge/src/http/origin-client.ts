import type { Deadline } from './deadline.ts'
import type { OutgoingFields } from './forwarded-headers.ts'
import { OriginReply } from './origin-reply.ts'
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
 * Longest time for a body after its header has arrived: a stalled body must not hold a shared fetch for ever. A body
 * that is streamed to a client ends with that client, since the runtime drops the timer with the request.
 */
const usualBodyTimeoutMs = 10_000

/**
 * Sends a request. It never rejects: each kind of failure is an outcome. The client follows redirects, not the edge.
 */
export async function sendToOrigin({
  method,
  url,
  headers,
  body,
  deadline,
  signal,
  bodyTimeoutMs = usualBodyTimeoutMs,
}: OriginRequest): Promise<OriginAnswer> {
  const controller = new AbortController()
  let late = false
  deadline.watch(() => {
    late = true
    controller.abort()
  })
  const abort = (): void => controller.abort()
  signal?.addEventListener('abort', abort)
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body === null ? null : body.isComplete ? body.bytes : body.stream(abort),
      redirect: 'manual',
      // Cloudflare caches by URL alone: a zone rule that makes the URL cacheable would serve one subject's answer to
      // all.
      cache: 'no-store',
      signal: controller.signal,
    })
    deadline.watch(() => setTimeout(abort, bodyTimeoutMs))
    return { kind: 'answer', reply: new OriginReply(response) }
  } catch {
    deadline.release()
    signal?.removeEventListener('abort', abort)
    const isComplete = body === null || body.isComplete
    if (late) return { kind: isComplete ? 'timeout' : 'abandoned' }
    return { kind: controller.signal.aborted ? 'abandoned' : 'unreachable' }
  }
}
