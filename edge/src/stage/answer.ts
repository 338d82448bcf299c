import {
  headers as names,
  noSuchDocument,
  type Problem,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { Config } from '../config.ts'
import { type Exchange, nowOf, patternOf, priorityIfAny, takesItsTime } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import type { PagePlan } from '../http/request-plan.ts'
import { SharedProblem } from '../http/shared-problem.ts'
import type { AnswerObservation, Observe } from '../observe/observation.ts'
import type { Sampler } from '../observe/sampler.ts'
import type { Answer } from '../pipeline.ts'
import type { RandomIds } from '../platform/random-ids.ts'
import { serverTiming, wantsTiming } from './timing.ts'
import type { Traces } from './traces.ts'

export interface AnswerParts {
  readonly cors: Cors
  readonly problemFields: Headers
  readonly ids: RandomIds
  readonly serverTiming: Config['serverTiming']
  readonly observe: Observe
  /** Whether routine answers are observed as well. */
  readonly observesAll: boolean
  /** `undefined` if no request is recorded as spans. */
  readonly traces: Traces | undefined
  /** Samples repeated answers for observation. */
  readonly repeats: Sampler
  readonly now: () => number
}

/** The headers of every problem, created once. perf: copying a `Headers` is cheaper than building it. */
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
  // The origin may know this request's id from an earlier attempt.
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

/** The problem that replaces a read's answer from the cache; `undefined` if the answer stands. */
export function problemOf({ plan }: Exchange, answer: Response, status: number): Problem | undefined {
  if (plan.kind !== 'read') return undefined
  if (status === 404) return missingProblem(answer)
  return status === 416 ? rangeProblem(answer) : undefined
}

/** The answer of a page's stages, with refusals as problems. */
export function pageAnswer(exchange: Exchange<PagePlan>, answer: Answer, parts: AnswerParts): Response {
  if (!(answer instanceof Response)) return problemAnswer(exchange, answer, parts)
  return answer.status === 416 ? problemAnswer(exchange, rangeProblem(answer), parts) : answer
}

/**
 * A missing document, as a new problem for each caller: the stored answer, or one from a collapsed fetch, carries the
 * request id of the first caller.
 */
function missingProblem({ headers, body }: Response): Problem {
  body?.cancel().catch(() => undefined)
  const kept = [...headers].filter(([name]) => !ofTheBody.includes(name))
  return { ...noSuchDocument, headers: Object.fromEntries(kept) }
}

const ofTheBody: readonly string[] = ['content-type', 'content-length', 'cache-control']

/** The cache's bare 416 (RFC 9110 §15.5.17), as a problem like every other refusal. */
function rangeProblem({ headers }: Response): Problem {
  return {
    code: 'range-not-satisfiable',
    detail: 'The range starts after the end of the representation. Omit Range to get all of it.',
    headers: { 'content-range': headers.get('content-range') ?? 'bytes */*' },
  }
}

/** RFC 9110 §9.3.2: HEAD gets the same answer without content. */
const withoutForHead = <Body>({ head }: Exchange, body: Body): Body | null =>
  head.method === 'HEAD' ? null : body

/**
 * Adds the common headers to an answer, and observes it.
 *
 * @param status of the answer. perf: passed on, since reading it again from the runtime costs more
 */
export function finish(exchange: Exchange, answer: Response, status: number, parts: AnswerParts): Response {
  const { head, reason } = exchange
  const { traces } = parts
  const isTraced = traces !== undefined && (reason !== undefined || traces.samples(exchange))
  const isObserved = parts.observesAll || isTraced || reason !== undefined || status >= 400
  // perf: `answer.headers` creates a runtime object, so it is read only if needed. An id is sent if the origin or a log
  // has it, too; otherwise it would lead nowhere (decision 17).
  if (!exchange.isMarked && (isObserved || exchange.hasWaited)) {
    answer.headers.set(names.requestId, exchange.requestId)
  }
  if (parts.cors.dependsOnOrigin) {
    for (const [name, value] of parts.cors.forOrigin(head.headers.get('origin')))
      answer.headers.set(name, value)
  }
  // perf: only callers with a plan pay for the fields.
  if (exchange.token?.usage !== undefined) {
    const [policy, limit] = exchange.token.usage.fields(nowOf(exchange, parts.now))
    answer.headers.append('ratelimit-policy', policy)
    answer.headers.append('ratelimit', limit)
  }
  // The runtime's clock stands still until something is awaited: every duration would be 0.
  if (exchange.hasWaited && wantsTiming(head, parts.serverTiming)) {
    answer.headers.set('server-timing', serverTiming(exchange, parts.now()))
  }
  if (!isObserved) return answer
  const { observe, repeats } = parts
  if (exchange.isRepeat && !repeats.picks()) return answer
  const nowMs = nowOf(exchange, parts.now)
  const observation = observationOf(exchange, answer, status, nowMs)
  observe(observation, nowMs, exchange.isRepeat ? repeats.every : 0)
  if (isTraced) traces.record(exchange, observation, nowMs)
  return answer
}

function observationOf(
  exchange: Exchange,
  { headers }: Response,
  status: number,
  nowMs: number,
): AnswerObservation {
  const { requestId, head, reason, arrivedAtMs, originMs } = exchange
  // A refusal has no `Cache-Status`, and asking the runtime costs more than the rest of the line.
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
    priority: priorityIfAny(exchange),
    ...(takesItsTime(exchange.plan) && { takesItsTime: true as const }),
    ...(exchange.trace !== undefined && { traceId: exchange.trace.traceId }),
  }
}
