import type { Exchange } from '../exchange.ts'
import type { HistoryPlan } from '../http/request-plan.ts'
import type { ForwardParts } from './forward.ts'
import { passStream } from './pass-stream.ts'

/** Longest time of an answer once it has begun, in ms: a page is short, but its client may be slow. */
const bodyTimeoutMs = 10_000

/**
 * Last stage of a history. It tells one caller of others, so neither the memory nor the cache ever has it.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export const passHistory = (exchange: Exchange<HistoryPlan>, parts: ForwardParts): Promise<Response> =>
  passStream(exchange, { fields: { accept: 'application/json' }, bodyTimeoutMs }, parts)
