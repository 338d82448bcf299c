import type { AnswerPolicy } from './answer-policy.ts'
import { noRequestControl, type RequestControl } from './request-control.ts'

/** Ways in which a stored answer may be reused now (RFC 9111 §4). */
export type Reuse = 'fresh' | 'stale-while-revalidate' | 'max-stale' | 'validate'

export function reuse(
  policy: AnswerPolicy,
  nowMs: number,
  request: RequestControl = noRequestControl,
): Reuse {
  if (policy.alwaysValidate || request.noCache) return 'validate'
  const ageMs = nowMs - policy.bornAtMs
  if (request.maxAgeSeconds !== undefined && ageMs > request.maxAgeSeconds * 1000) return 'validate'
  const leftMs = policy.freshUntilMs - nowMs
  if (leftMs > 0) return leftMs >= request.minFreshSeconds * 1000 ? 'fresh' : 'validate'
  if (request.minFreshSeconds > 0) return 'validate'
  if (nowMs < policy.staleWhileRevalidateUntilMs) return 'stale-while-revalidate'
  if (!policy.staleForbidden && -leftMs < request.maxStaleSeconds * 1000) return 'max-stale'
  return 'validate'
}

/** Before every instant: a time that has passed may come again, where a clock is set back. */
const never = Number.NEGATIVE_INFINITY

/**
 * Policy of an answer after a purge: never fresh and never served during validation, whatever the client permits.
 * Within stale-if-error it may still stand in for a failed answer, and its validators stay valid: the origin may
 * confirm it with a 304.
 */
export function purged(policy: AnswerPolicy): AnswerPolicy {
  // Without a window of its own, an answer is usable until its lifetime ends, which is now.
  const windowEnd = (untilMs: number): number => (untilMs > policy.freshUntilMs ? untilMs : never)
  return {
    ...policy,
    freshUntilMs: never,
    staleWhileRevalidateUntilMs: never,
    staleIfErrorUntilMs: windowEnd(policy.staleIfErrorUntilMs),
    disconnectedUntilMs: windowEnd(policy.disconnectedUntilMs),
    staleForbidden: true,
  }
}

/** Failure to get a new answer: the origin returned an error, or was unreachable. */
export type Failure = 'error-answer' | 'disconnected'

/** Whether a stored answer may be served instead of a failed one (RFC 5861 §4, RFC 9111 §4.2.4). */
export function mayStandIn(policy: AnswerPolicy, failure: Failure, nowMs: number): boolean {
  if (policy.alwaysValidate) return false
  const untilMs = Math.max(
    policy.freshUntilMs,
    policy.staleWhileRevalidateUntilMs,
    policy.staleIfErrorUntilMs,
  )
  return nowMs < (failure === 'disconnected' ? Math.max(untilMs, policy.disconnectedUntilMs) : untilMs)
}
