import type { CacheRules } from './rules.ts'
import type { NotStored } from './storability.ts'

/** Refusals of the request as it was sent (RFC 9110 §15.5): they tell nothing about what others are shown. */
const ofTheRequest = new Set([
  400, 402, 405, 406, 407, 408, 409, 411, 412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431,
])

/** Statuses about the asker's rights: decided before the look-up, where the caller says so. */
const ofTheAsker = new Set([401, 403])

/**
 * Whether an answer that may not be stored ends the life of the one that is stored under its key. It does where it is
 * the newest word on the same question: gone (404, 410), private, not to be stored, too large. Otherwise
 * stale-while-revalidate and stale-if-error would go on showing what the origin has taken back. Errors of the origin end
 * nothing (RFC 5861 §4), and neither do parts, confirmations and refusals that only this request has earned.
 */
export function endsStored(status: number, why: NotStored, rules: CacheRules): boolean {
  // RFC 9111 §3.5: stored, this answer would be; it is the asker's because of how it was asked for.
  if (why === 'authorization') return false
  if (status < 200 || status === 206 || status === 304 || status >= 500) return false
  if (ofTheAsker.has(status)) return !rules.authorizationChecked
  return !ofTheRequest.has(status)
}
