import type { Exchange } from './exchange.ts'
import type { Violation } from './violation.ts'

/** Every answer within a second is what the edge promises; this leaves room for a machine that is busy with the run. */
const hungMs = 5_000

/** Requests through an edge that were not answered, or late beyond any deadline. */
export function checkHung(exchanges: readonly Exchange[]): readonly Violation[] {
  return exchanges.flatMap((exchange) => {
    const { startMs, endMs, failure, via } = exchange
    const tookMs = endMs - startMs
    // An origin that is killed takes its connections with it.
    const isUnanswered = failure !== undefined && via.startsWith('edge')
    if (tookMs <= hungMs && !isUnanswered) return []
    const what = isUnanswered ? `no answer: ${failure}` : `answered after ${Math.round(tookMs)} ms`
    return [{ kind: 'hung', what, exchanges: [exchange] }]
  })
}
