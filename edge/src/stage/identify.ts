import { acceptsJson, type Problem } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { Cors } from '../policy/cors.ts'
import type { RequestPlans } from '../policy/request-plan.ts'

export interface IdentifyParts {
  readonly plans: RequestPlans
  readonly cors: Cors
}

/** 1. What is asked, and whether it is within the limits. Sets `plan`; answers OPTIONS, which anyone may ask. */
export function identify(exchange: Exchange, { plans, cors }: IdentifyParts): Problem | Response | undefined {
  const { head } = exchange
  const plan = plans.plan(head.method, head.url, exchange.arrivedAtMs)
  if (plan.kind === 'refused') return plan.problem
  if (plan.kind === 'options') return optionsAnswer(exchange, plan.allow, cors)
  exchange.plan = plan
  // What a write is answered with matters when there will be an answer: a flood of them is shed unread.
  return plan.kind === 'page' || plan.kind === 'write' ? undefined : negotiate(exchange)
}

/** Longer ones are refused: this is read before anything is known of its sender. A browser's have a hundred. */
const acceptLengthMax = 1_024

/** Whether the caller takes the JSON that it will get. */
export function negotiate({ head }: Exchange): Problem | undefined {
  const accept = head.headers.get('accept')
  if (accept !== null && accept.length > acceptLengthMax) return acceptTooLong
  return acceptsJson(accept) ? undefined : notAcceptable
}

function optionsAnswer({ head }: Exchange, allow: readonly string[], cors: Cors): Response {
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
  detail: `Accept has at most ${acceptLengthMax} characters.`,
}
const notAcceptable: Problem = { code: 'not-acceptable', detail: 'Answers are application/json.' }
