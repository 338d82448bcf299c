export type Fate = 'ok' | 'shed' | 'failed'

const outcomeUnknown = 'outcome-unknown'

/**
 * End of a request as its user sees it. A 503 that leaves the outcome of a write unknown is a failure and no refusal,
 * since the write may have been done.
 *
 * @param status 0: no answer
 * @param body of a problem answer
 * @param expects reasons of refusals that are as good an answer as a success
 */
export const fateOf = (status: number, body = '', expects: readonly string[] = []): Fate => {
  if ((status >= 200 && status < 300) || status === 304) return 'ok'
  if (status === 429) return 'shed'
  if (isExpected(status, body, expects)) return 'ok'
  return status === 503 && memberOf(body, 'code') !== outcomeUnknown ? 'shed' : 'failed'
}

/** Whether the answer is a refusal (4xx) with one of the reasons, e.g. of a booking for nights that are taken. */
export const isExpected = (status: number, body: string, expects: readonly string[]): boolean => {
  if (expects.length === 0 || status < 400 || status >= 500) return false
  const reason = memberOf(body, 'reason')
  return expects.some((expected) => expected === reason)
}

/** Name that a failure is counted under. */
export const failureOf = (status: number): string => (status === 503 ? outcomeUnknown : String(status))

/** A member of a problem (RFC 9457, extended by ours). */
function memberOf(body: string, name: 'code' | 'reason'): unknown {
  try {
    const problem: unknown = JSON.parse(body)
    // The cast: any object may be asked for a member that it lacks.
    return typeof problem === 'object' && problem !== null
      ? (problem as Record<string, unknown>)[name]
      : undefined
  } catch {
    return undefined
  }
}
