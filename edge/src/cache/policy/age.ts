import { parseHttpDate } from './http-date.ts'

/**
 * `Age` as received: seconds, 0 when absent, `undefined` when it is not one non-negative integer.
 *
 * RFC 9111 §5.1 would have a cache take the first member of a list and ignore what it cannot read, both as SHOULD.
 * Ignoring it makes an answer of unknown age look newborn; we hold with §4.2.1 instead, which encourages caches to treat
 * unreadable freshness information as stale: such an answer is stored but validated before it is used.
 */
export function parseAge(value: string | null): number | undefined {
  if (value === null) return 0
  return /^\d+$/.test(value) ? Number(value) : undefined
}

export interface ReceivedAnswer {
  readonly ageSeconds: number
  readonly date: string | null
  /** When the request was made and when the answer came: `request_time`, `response_time`. */
  readonly requestedAtMs: number
  readonly receivedAtMs: number
}

/** `corrected_initial_age` (RFC 9111 §4.2.3), in milliseconds. */
export function initialAgeMs(answer: ReceivedAnswer): number {
  const dateMs = answer.date === null ? undefined : parseHttpDate(answer.date, answer.receivedAtMs)
  const apparentAgeMs = dateMs === undefined ? 0 : Math.max(0, answer.receivedAtMs - dateMs)
  const responseDelayMs = answer.receivedAtMs - answer.requestedAtMs
  // `Date` has whole seconds: below one second the difference is rounding, not age.
  const apparent = apparentAgeMs < 1000 ? 0 : apparentAgeMs
  return Math.max(apparent, answer.ageSeconds * 1000 + responseDelayMs)
}
