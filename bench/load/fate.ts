export type Fate = 'ok' | 'shed' | 'failed'

const outcomeUnknown = 'outcome-unknown'

/**
 * Fate of a request, as its user sees it. A 503 whose problem says that the outcome of a write is not known is a failure: nobody
 * was turned away, and the write may have been done.
 *
 * @param status 0: no answer
 * @param body of a 503; ignored for other statuses
 */
export const fateOf = (status: number, body = ''): Fate => {
  if ((status >= 200 && status < 300) || status === 304) return 'ok'
  if (status === 429) return 'shed'
  return status === 503 && codeIn(body) !== outcomeUnknown ? 'shed' : 'failed'
}

/** Name that a failure is counted under. */
export const failureOf = (status: number): string => (status === 503 ? outcomeUnknown : String(status))

/** The code of a problem (RFC 9457, extended by ours). */
function codeIn(body: string): unknown {
  try {
    const problem: unknown = JSON.parse(body)
    return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
  } catch {
    return undefined
  }
}
