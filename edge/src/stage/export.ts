import { exportMediaTypes, headers as names } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { ExportPlan } from '../http/request-plan.ts'
import { showsOwnWrites } from './consistency.ts'
import type { ForwardParts } from './forward.ts'
import { passStream } from './pass-stream.ts'

/** Longest time of an export beyond its own timeout, in ms: the origin ends it, and says so in its log. */
const marginMs = 5_000

/**
 * Last stage of an export. The origin bounds how many run.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export function passExport(exchange: Exchange<ExportPlan>, parts: ForwardParts): Promise<Response> {
  const { format, route, timeoutMs } = exchange.plan
  const fields = {
    accept: exportMediaTypes[format],
    ...(!showsOwnWrites(exchange, route) && { [names.mayLag]: '1' }),
  }
  return passStream(exchange, { fields, bodyTimeoutMs: timeoutMs + marginMs }, parts)
}
