import { feedFormatOf, feedLimits, headers as names, streamMediaType } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { FeedPlan } from '../http/request-plan.ts'
import type { ForwardParts } from './forward.ts'
import { passStream } from './pass-stream.ts'

/**
 * Longest time of an answer beyond the one that the origin is given, in ms. The origin ends a stream in good order; a page is
 * whole, and its client may be slow.
 */
const marginMs = { stream: 2_000, json: 10_000 } as const

/** Longer than any position: the origin refuses what is cut off here. */
const idLengthMax = 32

/**
 * Last stage of a change feed. Its answer begins at once, so that a reader who waits holds no slot, and ends with the
 * caller's token.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export function passFeed(exchange: Exchange<FeedPlan>, parts: ForwardParts): Promise<Response> {
  const { head, plan, token } = exchange
  const format = feedFormatOf(head.headers.get('accept')) ?? 'json'
  const leftMs = token === undefined ? feedLimits.streamMs : Math.max(0, token.expiresAtMs - parts.now())
  const lastsMs = Math.min(
    leftMs,
    token?.answerMsMax ?? feedLimits.streamMs,
    format === 'stream' ? feedLimits.streamMs : plan.waitSeconds * 1_000,
  )
  const lastEventId = head.headers.get('last-event-id')?.slice(0, idLengthMax)
  const own = {
    fields: {
      accept: format === 'stream' ? streamMediaType : 'application/json',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      [names.feedMs]: String(Math.round(lastsMs)),
    },
    bodyTimeoutMs: lastsMs + marginMs[format],
  }
  return passStream(exchange, own, parts)
}
