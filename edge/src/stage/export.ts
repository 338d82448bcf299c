import { deadline, exportMediaTypes } from '@spillway/origin/contract'
import { type Exchange, priorityOf } from '../exchange.ts'
import { Deadline } from '../http/deadline.ts'
import type { ExportPlan } from '../http/request-plan.ts'
import { type ForwardParts, forward } from './forward.ts'

/** Longest time of an export beyond its own timeout, in ms: the origin ends it, and says so in its log. */
const marginMs = 5_000

/**
 * Last stage of an export: passes the origin's stream on as it comes. It is not stored or buffered, and holds no slot
 * once it has begun; the origin bounds how many run. When the client leaves, the request to the origin is aborted.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export async function passExport(exchange: Exchange<ExportPlan>, parts: ForwardParts): Promise<Response> {
  const { head, plan, request, arrivedAtMs } = exchange
  const { target, format, timeoutMs } = plan
  const reply = await forward(
    exchange,
    {
      method: head.method,
      target,
      fields: { accept: exportMediaTypes[format] },
      body: null,
      isRepeatable: true,
      priority: priorityOf(exchange),
      deadline: new Deadline(arrivedAtMs + deadline.budgetMs, parts.now()),
      bodyTimeoutMs: timeoutMs + marginMs,
      signal: request.signal,
    },
    parts,
  )
  return reply.toResponse()
}
