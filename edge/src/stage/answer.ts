import {
  headers as names,
  noSuchDocument,
  type Problem,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { Config } from '../config.ts'
import { type Exchange, nowOf, patternOf } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import { timingHeader } from '../http/private-headers.ts'
import type { RequestHead } from '../http/request-headers.ts'
import type { PagePlan } from '../http/request-plan.ts'
import { SharedProblem } from '../http/shared-problem.ts'
import type { AnswerObservation, Observe } from '../observe/observation.ts'
import type { Sampler } from '../observe/sampler.ts'
import type { Answer } from '../pipeline.ts'
import type { RandomIds } from '../platform/random-ids.ts'

export interface AnswerParts {
  readonly cors: Cors
  readonly problemFields: Headers
  readonly ids: RandomIds
  readonly serverTiming: Config['serverTiming']
  readonly observe: Observe
  /** Whether answers that are no news are observed as well. */
  readonly observesAll: boolean
  /** Repeated answers that are observed. */
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
  if (problem instanceof SharedProblem && !exchange.isNamed) {
    const answer = problem.answer(nowOf(exchange, now), ids)
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
    for (const [name, value] of Object.entries(own)) answer.headers.set(name, value)
  }
  return answer
}

/** The problem that takes the place of a read's answer from the cache; `undefined` where the answer stands. */
export function problemOf({ plan }: Exchange, answer: Response, status: number): Problem | undefined {
  if (plan.kind !== 'read') return undefined
  if (status === 404) return missingProblem(answer)
  return status === 416 ? rangeProblem(answer) : undefined
}

/** The answer of a page's stages, with every refusal as a problem. */
export function pageAnswer(exchange: Exchange<PagePlan>, answer: Answer, parts: AnswerParts): Response {
  if (!(answer instanceof Response)) return problemAnswer(exchange, answer, parts)
  return answer.status === 416 ? problemAnswer(exchange, rangeProblem(answer), parts) : answer
}

/**
 * A document that is not there, said anew to each who asks: the stored answer, or one that was waited for together, names the
 * request of the first who asked.
 */
function missingProblem({ headers, body }: Response): Problem {
  body?.cancel().catch(() => undefined)
  const kept = [...headers].filter(([name]) => !ofTheBody.includes(name))
  return { ...noSuchDocument, headers: Object.fromEntries(kept) }
}

const ofTheBody: readonly string[] = ['content-type', 'content-length', 'cache-control']

/** The cache's bare 416 (RFC 9110 §15.5.17) as a problem, like every other refusal. */
function rangeProblem({ headers }: Response): Problem {
  return {
    code: 'range-not-satisfiable',
    detail: 'The range starts after the end of the representation. Omit Range to get all of it.',
    headers: { 'content-range': headers.get('content-range') ?? 'bytes */*' },
  }
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
  const { observe, repeats } = parts
  if (exchange.isRepeat && !repeats.picks()) return answer
  const nowMs = nowOf(exchange, parts.now)
  observe(observationOf(exchange, answer, status, nowMs), nowMs, exchange.isRepeat ? repeats.every : 0)
  return answer
}

function observationOf(
  exchange: Exchange,
  { headers }: Response,
  status: number,
  nowMs: number,
): AnswerObservation {
  const { requestId, head, reason, arrivedAtMs, originMs } = exchange
  // A refusal has none, and asking the runtime costs more than the rest of the line.
  const isRefusal = status >= 400 && reason !== undefined
  return {
    kind: 'answer',
    requestId,
    method: head.method,
    pattern: patternOf(exchange),
    status,
    reason,
    cache: isRefusal ? undefined : (headers.get('cache-status') ?? undefined),
    durationMs: nowMs - arrivedAtMs,
    originMs,
  }
}

const wantsTiming = ({ headers }: RequestHead, when: Config['serverTiming']): boolean =>
  when === 'always' || (when === 'on-request' && headers.get(timingHeader) === '1')

/** `Server-Timing` (W3C, §3): the whole at the edge, and the origin's part of it. */
function serverTiming({ arrivedAtMs, originMs }: Exchange, nowMs: number): string {
  const edge = `edge;dur=${nowMs - arrivedAtMs}`
  return originMs === undefined ? edge : `${edge}, origin;dur=${originMs}`
}
