import type { Exchange } from './exchange.ts'
import type { Violation } from './violation.ts'

/** Time that counts as hung. The edge promises an answer within a second; the rest allows for a busy machine. */
const hungMs = 5_000

/** Requests through an edge without an answer, or with one long after the deadline. */
export function checkHung(exchanges: readonly Exchange[]): readonly Violation[] {
  return exchanges.flatMap((exchange) => {
    const { startMs, endMs, failure, via } = exchange
    const tookMs = endMs - startMs
    // Requests to an origin that was killed end with its connections.
    const isUnanswered = failure !== undefined && via.startsWith('edge')
    if (tookMs <= hungMs && !isUnanswered) return []
    const what = isUnanswered ? `no answer: ${failure}` : `answered after ${Math.round(tookMs)} ms`
    return [{ kind: 'hung', what, exchanges: [exchange] }]
  })
}
