import { acceptsJson, type Problem } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import type { Arrival } from '../http/request-headers.ts'
import type {
  InvalidPlan,
  OptionsPlan,
  RefusedPlan,
  RequestPlan,
  RequestPlans,
} from '../http/request-plan.ts'
import type { Observe } from '../observe/observation.ts'
import { next } from '../pipeline.ts'
import { unexpected } from './recover.ts'

export interface IdentifyParts {
  readonly plans: RequestPlans
  readonly cors: Cors
  readonly observe: Observe
}

/**
 * 1. Finds out what is asked, and whether it is within the limits: the plan, whose kind says which stages are next. What a
 * write accepts is asked later, when there will be an answer: a flood of them is shed unread.
 */
export function identify(
  { method, url, arrivedAtMs }: Arrival,
  { plans, observe }: IdentifyParts,
): RequestPlan {
  try {
    return plans.plan(method, url, arrivedAtMs)
  } catch (error) {
    observe({ kind: 'fault', what: 'unexpected', where: 'identify', message: String(error) })
    return { kind: 'refused', problem: unexpected }
  }
}

/** Refuses what {@link identify} has found to be wrong. */
export const refuse = ({ plan }: Exchange<RefusedPlan | InvalidPlan>): Problem => plan.problem

/** Longer ones are refused: this is read before anything is known of its sender. A browser's have a hundred. */
const acceptLengthMax = 1_024

/** Whether the caller takes the JSON that it will get. */
export function negotiate({ head }: Exchange): Problem | typeof next {
  const accept = head.headers.get('accept')
  if (accept !== null && accept.length > acceptLengthMax) return acceptTooLong
  return acceptsJson(accept) ? next : notAcceptable
}

/** Answers OPTIONS on a route of the contract, which anyone may ask. */
export const answerOptions = (exchange: Exchange<OptionsPlan>, { cors }: IdentifyParts): Response =>
  optionsAnswer(exchange, exchange.plan.allow, cors)

/** The methods that there are, and the answer to a preflight with them. */
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
const notAcceptable: Problem = { code: 'not-acceptable', detail: 'Accept must allow application/json.' }
