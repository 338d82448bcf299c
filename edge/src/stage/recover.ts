import { internalError, type Problem, ProblemError } from '@spillway/origin/contract'
import { type Exchange, patternOf } from '../exchange.ts'
import type { Observe } from '../observe/observation.ts'
import { ForwardError } from './forward-error.ts'

/** Answers for a stage that threw: with its problem, or with a 500 that is logged. */
export function recover(exchange: Exchange, error: unknown, parts: { readonly observe: Observe }): Problem {
  if (error instanceof ForwardError) exchange.reason = error.reason
  if (error instanceof ProblemError) return error.problem
  parts.observe({
    kind: 'fault',
    what: 'unexpected',
    where: patternOf(exchange) ?? 'request',
    message: error instanceof Error ? `${error.name}: ${error.message}` : 'not an error',
    requestId: exchange.requestId,
  })
  return internalError
}
