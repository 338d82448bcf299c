import type { Deadline } from './deadline.ts'
import type { OutgoingFields } from './forwarded-headers.ts'
import type { RequestBody } from './request-body.ts'

/** A request to one origin, ready to be sent. */
export interface OriginRequest {
  readonly method: string
  readonly url: string
  readonly headers: OutgoingFields
  readonly body: RequestBody | null
  /** When the answer's header must be here. */
  readonly deadline: Deadline
  /** Calls it off, where the answer is one client's alone. */
  readonly signal: AbortSignal | undefined
}

/** `abandoned`: the client left, or did not send its body in time, which says nothing about the origin. */
export type OriginAnswer =
  | { readonly kind: 'answer'; readonly response: Response }
  | { readonly kind: 'timeout' | 'unreachable' | 'abandoned' }

/**
 * Longest that a body may take once its header's time is over: a stalled one must not hold a shared flight for ever. One
 * that is streamed on to a client ends with its client instead, since the runtime drops the timer with all that is ours.
 */
const bodyTimeoutMs = 10_000

/** Sends a request. Failures are outcomes, told apart; it never rejects. Redirects are the client's to follow. */
export async function sendToOrigin({
  method,
  url,
  headers,
  body,
  deadline,
  signal,
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
      // By URL alone Cloudflare would keep one subject's answer for all, where a rule of the zone makes it eligible.
      cache: 'no-store',
      signal: controller.signal,
    })
    deadline.watch(() => setTimeout(abort, bodyTimeoutMs))
    return { kind: 'answer', response }
  } catch {
    deadline.release()
    signal?.removeEventListener('abort', abort)
    const isComplete = body === null || body.isComplete
    if (late) return { kind: isComplete ? 'timeout' : 'abandoned' }
    return { kind: controller.signal.aborted ? 'abandoned' : 'unreachable' }
  }
}
