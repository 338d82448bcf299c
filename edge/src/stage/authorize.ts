import { decideAccess, type Problem } from '@spillway/origin/contract'
import { forbidden, insufficientScope, unauthenticated } from '../auth/token-refusal.ts'
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
  switch (decision.outcome) {
    case 'allowed':
      return next
    case 'unauthenticated':
      return unauthenticated
    case 'insufficientScope':
      return insufficientScope(decision.scope)
    case 'forbidden':
      return forbidden
  }
}
