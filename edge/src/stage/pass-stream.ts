import { deadline } from '@spillway/origin/contract'
import { type Exchange, priorityOf } from '../exchange.ts'
import { Deadline } from '../http/deadline.ts'
import type { ExportPlan, FeedPlan, HistoryPlan } from '../http/request-plan.ts'
import { type Forwarding, type ForwardParts, forward } from './forward.ts'

/**
 * Passes the origin's stream on as it comes. It is not stored or buffered, and holds no slot once it has begun. When the
 * client leaves, the request to the origin is aborted.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export async function passStream(
  exchange: Exchange<ExportPlan | FeedPlan | HistoryPlan>,
  own: Pick<Forwarding, 'fields' | 'bodyTimeoutMs'>,
  parts: ForwardParts,
): Promise<Response> {
  const { head, plan, request, arrivedAtMs } = exchange
  const reply = await forward(
    exchange,
    {
      method: head.method,
      target: plan.target,
      ...own,
      body: null,
      isRepeatable: true,
      priority: priorityOf(exchange),
      deadline: new Deadline(arrivedAtMs + deadline.budgetMs, parts.now()),
      signal: request.signal,
    },
    parts,
  )
  return reply.toResponse()
}
