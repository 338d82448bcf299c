import {
  headers as names,
  type Problem,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { Config } from '../config.ts'
import type { Exchange } from '../exchange.ts'
import type { Observe } from '../observation.ts'
import type { Cors } from '../policy/cors.ts'
import { timingHeader } from '../policy/private-headers.ts'

export interface AnswerParts {
  readonly cors: Cors
  readonly serverTiming: Config['serverTiming']
  readonly observe: Observe
  readonly now: () => number
}

/** A problem as the answer to an exchange. */
export function problemAnswer(exchange: Exchange, problem: Problem, { cors }: AnswerParts): Response {
  exchange.reason ??= problem.code
  const fields = problemHeaders(problem)
  for (const [name, value] of cors.always) fields[name] = value
  fields['x-content-type-options'] = 'nosniff'
  return new Response(JSON.stringify(problemBody(problem, exchange.requestId)), {
    status: problemStatus(problem),
    headers: fields,
  })
}

/** Gives an answer what every answer has, and tells of it. */
export function finish(exchange: Exchange, answer: Response, parts: AnswerParts): Response {
  const { request } = exchange
  const { headers } = answer
  headers.set(names.requestId, exchange.requestId)
  if (parts.cors.dependsOnOrigin) {
    for (const [name, value] of parts.cors.forOrigin(request.headers.get('origin'))) headers.set(name, value)
  }
  const durationMs = parts.now() - exchange.arrivedAtMs
  if (wantsTiming(request, parts.serverTiming))
    headers.set('server-timing', serverTiming(exchange, durationMs))
  parts.observe({
    kind: 'answer',
    requestId: exchange.requestId,
    method: request.method,
    pattern: exchange.plan?.pattern,
    status: answer.status,
    reason: exchange.reason,
    cache: headers.get('cache-status') ?? undefined,
    durationMs,
    originMs: exchange.originMs,
  })
  return answer
}

const wantsTiming = (request: Request, when: Config['serverTiming']): boolean =>
  when === 'always' || (when === 'on-request' && request.headers.get(timingHeader) === '1')

/** `Server-Timing` (W3C, §3): the whole at the edge, and the origin's part of it. */
const serverTiming = ({ originMs }: Exchange, durationMs: number): string =>
  originMs === undefined ? `edge;dur=${durationMs}` : `edge;dur=${durationMs}, origin;dur=${originMs}`
