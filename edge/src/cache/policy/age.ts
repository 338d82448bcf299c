import { withoutBlanks } from './blanks.ts'
import { deltaSeconds } from './directives.ts'
import { parseHttpDate } from './http-date.ts'

/**
 * `Age` as received, in seconds (RFC 9111 §5.1). The first member of a list counts, and a value that is no non-negative
 * integer is ignored. Older drafts, and http-cache-tests 0.4.5, treat both as stale.
 */
export function parseAge(value: string | null): number {
  if (value === null) return 0
  const comma = value.indexOf(',')
  return deltaSeconds(withoutBlanks(comma < 0 ? value : value.slice(0, comma))) ?? 0
}

export interface ReceivedAnswer {
  readonly ageSeconds: number
  readonly date: string | null
  /** `request_time` and `response_time` of RFC 9111 §4.2.3. */
  readonly requestedAtMs: number
  readonly receivedAtMs: number
}

/** `corrected_initial_age` (RFC 9111 §4.2.3), in milliseconds. */
export function initialAgeMs(answer: ReceivedAnswer): number {
  const dateMs = answer.date === null ? undefined : parseHttpDate(answer.date, answer.receivedAtMs)
  const apparentAgeMs = dateMs === undefined ? 0 : Math.max(0, answer.receivedAtMs - dateMs)
  const responseDelayMs = answer.receivedAtMs - answer.requestedAtMs
  // `Date` has whole seconds, so a difference below one second is rounding, not age.
  const apparent = apparentAgeMs < 1000 ? 0 : apparentAgeMs
  return Math.max(apparent, answer.ageSeconds * 1000 + responseDelayMs)
}
