import {
  deadline,
  feedFormatOf,
  feedLimits,
  headers as names,
  streamMediaType,
} from '@spillway/origin/contract'
import { type Exchange, priorityOf } from '../exchange.ts'
import { Deadline } from '../http/deadline.ts'
import type { FeedPlan } from '../http/request-plan.ts'
import { type ForwardParts, forward } from './forward.ts'

/**
 * Longest time of an answer beyond the one that the origin is given, in ms. The origin ends a stream in good order; a page is
 * whole, and its client may be slow.
 */
const marginMs = { stream: 2_000, json: 10_000 } as const

/** Longer than any position: the origin refuses what is cut off here. */
const idLengthMax = 32

/**
 * Last stage of a change feed: passes the origin's answer on as it comes. It is neither stored nor shared among callers,
 * and holds no slot once it has begun, which is at once: a reader who waits has the head of the answer. It ends with the
 * caller's token. When the client leaves, the request to the origin is aborted.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export async function passFeed(exchange: Exchange<FeedPlan>, parts: ForwardParts): Promise<Response> {
  const { head, plan, request, arrivedAtMs, token } = exchange
  const format = feedFormatOf(head.headers.get('accept')) ?? 'json'
  const nowMs = parts.now()
  const leftMs = token === undefined ? feedLimits.streamMs : Math.max(0, token.expiresAtMs - nowMs)
  const lastsMs = Math.min(leftMs, format === 'stream' ? feedLimits.streamMs : plan.waitSeconds * 1_000)
  const lastEventId = head.headers.get('last-event-id')?.slice(0, idLengthMax)
  const reply = await forward(
    exchange,
    {
      method: head.method,
      target: plan.target,
      fields: {
        accept: format === 'stream' ? streamMediaType : 'application/json',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        [names.feedMs]: String(Math.round(lastsMs)),
      },
      body: null,
      isRepeatable: true,
      priority: priorityOf(exchange),
      deadline: new Deadline(arrivedAtMs + deadline.budgetMs, nowMs),
      bodyTimeoutMs: lastsMs + marginMs[format],
      signal: request.signal,
    },
    parts,
  )
  return reply.toResponse()
}
