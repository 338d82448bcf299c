import {
  headers as names,
  type Problem,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { Config } from '../config.ts'
import { type Exchange, nowOf } from '../exchange.ts'
import type { Observation, Observe } from '../observation.ts'
import { CommonProblem } from '../policy/common-problem.ts'
import type { Cors } from '../policy/cors.ts'
import { timingHeader } from '../policy/private-headers.ts'
import type { RequestHead } from '../policy/request-headers.ts'
import type { Sampler } from '../policy/sampler.ts'
import type { RandomIds } from '../runtime/random-ids.ts'

export interface AnswerParts {
  readonly cors: Cors
  readonly problemFields: Headers
  readonly ids: RandomIds
  readonly serverTiming: Config['serverTiming']
  readonly observe: Observe
  /** Whether answers that are no news are observed as well. */
  readonly observesAll: boolean
  /** Which of those that repeat an answer are told of. */
  readonly repeats: Sampler
  readonly now: () => number
}

/** The fields that every problem has: made once, since copying them is cheaper than making them. */
export function problemFieldsOf(cors: Cors): Headers {
  const fields = new Headers(problemHeaders({ code: 'internal-error', detail: '' }))
  for (const [name, value] of cors.always) fields.set(name, value)
  fields.set('x-content-type-options', 'nosniff')
  return fields
}

/** A problem as the answer to an exchange. */
export function problemAnswer(
  exchange: Exchange,
  problem: Problem,
  { ids, now, problemFields }: AnswerParts,
): Response {
  exchange.reason ??= problem.code
  // The origin may know an id that was sent along with an earlier attempt.
  if (problem instanceof CommonProblem && !exchange.isNamed) {
    const answer = problem.answer(problemFields, nowOf(exchange, now), ids)
    exchange.takeId(answer.requestId, answer.given > 1)
    return new Response(withoutForHead(exchange, answer.body), answer.head)
  }
  const body = JSON.stringify(problemBody(problem, exchange.requestId))
  const answer = new Response(withoutForHead(exchange, body), {
    status: problemStatus(problem),
    headers: problemFields,
  })
  if (problem.headers !== undefined || problem.retryAfterSeconds !== undefined) {
    const { 'content-type': _type, 'cache-control': _control, ...own } = problemHeaders(problem)
    for (const name in own) answer.headers.set(name, own[name] as string)
  }
  return answer
}

/** RFC 9110 §9.3.2: HEAD is told the same, without the content. */
const withoutForHead = <Body>({ head }: Exchange, body: Body): Body | null =>
  head.method === 'HEAD' ? null : body

/**
 * Gives an answer what every answer has, and tells of it.
 *
 * @param status the answer's; to ask the runtime for it twice is dearer than to pass it on
 */
export function finish(exchange: Exchange, answer: Response, status: number, parts: AnswerParts): Response {
  const { head, reason } = exchange
  const isTold = parts.observesAll || reason !== undefined || status >= 400
  // The fields are reached for where there is a need: that makes one more object of the runtime's. There is one for an
  // id where somebody else knows it, a log or the origin; anywhere else it would lead nowhere (decision 17).
  if (!exchange.isMarked && (isTold || exchange.hasWaited)) {
    answer.headers.set(names.requestId, exchange.requestId)
  }
  if (parts.cors.dependsOnOrigin) {
    for (const [name, value] of parts.cors.forOrigin(head.headers.get('origin')))
      answer.headers.set(name, value)
  }
  // While nothing is waited for, the runtime's clock stands still: all that could be said is 0.
  if (exchange.hasWaited && wantsTiming(head, parts.serverTiming)) {
    answer.headers.set('server-timing', serverTiming(exchange, parts.now()))
  }
  if (!isTold) return answer
  if (!exchange.isRepeat) tell(exchange, answer, status, 0, parts)
  else if (parts.repeats.picks()) tell(exchange, answer, status, parts.repeats.every, parts)
  return answer
}

function tell(
  exchange: Exchange,
  answer: Response,
  status: number,
  repeats: number,
  { observe, now }: AnswerParts,
): void {
  const { requestId, head, plan, reason, arrivedAtMs, originMs } = exchange
  const nowMs = nowOf(exchange, now)
  const observation: Observation = {
    kind: 'answer',
    requestId,
    method: head.method,
    pattern: plan?.pattern,
    status,
    reason,
    // A refusal has none, and asking the runtime costs more than the rest of the line.
    cache:
      status >= 400 && reason !== undefined ? undefined : (answer.headers.get('cache-status') ?? undefined),
    durationMs: nowMs - arrivedAtMs,
    originMs,
  }
  observe(observation, nowMs, repeats)
}

const wantsTiming = ({ headers }: RequestHead, when: Config['serverTiming']): boolean =>
  when === 'always' || (when === 'on-request' && headers.get(timingHeader) === '1')

/** `Server-Timing` (W3C, §3): the whole at the edge, and the origin's part of it. */
function serverTiming({ arrivedAtMs, originMs }: Exchange, nowMs: number): string {
  const edge = `edge;dur=${nowMs - arrivedAtMs}`
  return originMs === undefined ? edge : `${edge}, origin;dur=${originMs}`
}
