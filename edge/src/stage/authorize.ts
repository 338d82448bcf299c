import { decideAccess, type Problem } from '@spillway/origin/contract'
import { type Exchange, principalOf } from '../exchange.ts'
import { insufficientScope, unauthenticated } from '../policy/token-refusal.ts'

/** 3. Whether the contract lets this caller do this, as far as can be told before any document is known. */
export function authorize(exchange: Exchange): Problem | undefined {
  const { plan } = exchange
  if (plan === undefined || plan.kind === 'page' || plan.isOpen) return undefined
  const decision = decideAccess(plan.access, principalOf(exchange))
  switch (decision.outcome) {
    case 'allowed':
      return undefined
    case 'unauthenticated':
      return unauthenticated
    case 'insufficientScope':
      return insufficientScope(decision.scope)
  }
}
