import { deadline, headers, isPriority, type SloTotals } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'

/** Counts an answer to the edge, which names the priority of each request; others ask for health or metrics. */
export function countForSlo(
  totals: SloTotals,
  request: FastifyRequest,
  status: number,
  endedAtMs: number,
): void {
  const { deadlineMs, exportFormat, startedAtMs, target } = request
  const priority = request.headers[headers.priority]
  if (!isPriority(priority)) return
  const hasMoreTime = target.takesItsTime === true || exportFormat !== undefined
  totals.add(priority, {
    status,
    durationMs: endedAtMs - startedAtMs,
    // The millisecond: sums and differences of such times are not exact.
    takesItsTime: hasMoreTime || deadlineMs - startedAtMs > deadline.budgetMs + 1,
  })
}
