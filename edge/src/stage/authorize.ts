import { decideAccess, deniedProblem, type Problem } from '@spillway/origin/contract'
import { type Exchange, principalOf } from '../exchange.ts'
import type { InvalidPlan, PagePlan, ServedPlan } from '../http/request-plan.ts'
import { next } from '../pipeline.ts'

/**
 * Stage 3: checks whether the contract allows this caller the operation, as far as that is known without the document.
 */
export function authorize(
  exchange: Exchange<Exclude<ServedPlan, PagePlan> | InvalidPlan>,
): Problem | typeof next {
  const { plan } = exchange
  if (plan.isOpen) return next
  const decision = decideAccess(plan.access, principalOf(exchange))
  return decision.outcome === 'allowed' ? next : deniedProblem(decision)
}
