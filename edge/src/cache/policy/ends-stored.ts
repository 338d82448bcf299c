import type { CacheRules } from './rules.ts'
import type { NotStored } from './storability.ts'

/** Refusals of this particular request (RFC 9110 §15.5), which say nothing about other readers. */
const ofTheRequest = new Set([
  400, 402, 405, 406, 407, 408, 409, 411, 412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431,
])

/** Statuses about the caller's rights, which some callers of the cache check before the look-up. */
const ofTheAsker = new Set([401, 403])

/**
 * Whether an answer that may not be stored ends the stored one under its key. It does if it is the newest answer to the
 * same question: gone (404, 410), private, not to be stored, too large. Otherwise stale-while-revalidate and
 * stale-if-error would keep serving what the origin has withdrawn. Origin errors end nothing (RFC 5861 §4), nor do
 * partial answers, 304s and refusals of this particular request.
 */
export function endsStored(status: number, why: NotStored, rules: CacheRules): boolean {
  // RFC 9111 §3.5: only the request's `Authorization` prevents storing; the stored answer is still valid.
  if (why === 'authorization') return false
  if (status < 200 || status === 206 || status === 304 || status >= 500) return false
  if (ofTheAsker.has(status)) return !rules.authorizationChecked
  return !ofTheRequest.has(status)
}
