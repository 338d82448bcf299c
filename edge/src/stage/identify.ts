import {
  acceptsJson,
  exportFormatOf,
  feedFormatOf,
  internalError,
  notAcceptable,
  notAcceptableForFeed,
  type Problem,
} from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import { exportInstead } from '../http/plan-request.ts'
import { type Arrival, searchOf } from '../http/request-headers.ts'
import type { InvalidPlan, OptionsPlan, RefusedPlan, RequestPlan } from '../http/request-plan.ts'
import type { RequestPlans } from '../http/request-plans.ts'
import type { Observe } from '../observe/observation.ts'
import { next } from '../pipeline.ts'

export interface IdentifyParts {
  readonly plans: RequestPlans
  readonly cors: Cors
  readonly observe: Observe
}

/**
 * Stage 1: plans the request and checks its limits; the plan's kind selects the next stages. A write's `Accept` is
 * checked later, before there is an answer to negotiate, so that a flood of writes is shed unread.
 */
export function identify(
  { method, url, arrivedAtMs, headers }: Arrival,
  { plans, observe }: IdentifyParts,
): RequestPlan {
  try {
    const plan = plans.plan(method, url, arrivedAtMs)
    if (!mayBeExported(plan)) return plan
    const accept = headers.get('accept')
    if (accept !== null && accept.length > acceptLengthMax) return plan
    return exportInstead(plan, accept, searchOf(url)) ?? plan
  } catch (error) {
    observe({ kind: 'fault', what: 'unexpected', where: 'identify', message: String(error) })
    return { kind: 'refused', problem: internalError }
  }
}

/** perf: the header is read only where the contract has an export. */
const mayBeExported = (plan: RequestPlan): boolean =>
  (plan.kind === 'read' || plan.kind === 'invalid') && plan.route.resource.export !== undefined

/** Refuses a request that {@link identify} found invalid. */
export const refuse = ({ plan }: Exchange<RefusedPlan | InvalidPlan>): Problem => plan.problem

/** Refuses a longer `Accept`, since it is parsed for unknown callers. A browser's has a hundred characters. */
const acceptLengthMax = 1_024

/** Whether the caller accepts JSON, or a format of an export whose query is wrong: problems are JSON to everybody. */
export function negotiate({ head, plan }: Exchange): Problem | typeof next {
  const accept = head.headers.get('accept')
  if (accept !== null && accept.length > acceptLengthMax) return acceptTooLong
  if (acceptsJson(accept)) return next
  const isFeed = plan.kind === 'feed' || (plan.kind === 'invalid' && plan.route.operation === 'changes')
  if (isFeed) return feedFormatOf(accept) === undefined ? notAcceptableForFeed : next
  const isExport = plan.kind === 'invalid' && exportFormatOf(plan.route.resource.export, accept) !== undefined
  return isExport ? next : notAcceptable
}

/** Answers OPTIONS on a contract route; no token is needed. */
export const answerOptions = (exchange: Exchange<OptionsPlan>, { cors }: IdentifyParts): Response =>
  optionsAnswer(exchange, exchange.plan.allow, cors)

/** The allowed methods, and the answer to a preflight with them. */
export function optionsAnswer({ head }: Exchange, allow: readonly string[], cors: Cors): Response {
  const { headers: sent } = head
  const origin = sent.get('origin')
  const answer = new Headers({ allow: allow.join(', '), 'cache-control': 'no-store' })
  const isPreflight = origin !== null && sent.has('access-control-request-method')
  const fields = isPreflight ? cors.preflight(origin, allow) : cors.always
  for (const [name, value] of fields) answer.set(name, value)
  return new Response(null, { status: 204, headers: answer })
}

const acceptTooLong: Problem = {
  code: 'headers-too-large',
  detail: `Accept exceeds ${acceptLengthMax} characters.`,
}
