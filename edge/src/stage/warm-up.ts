import type { Warmed } from '../cache/index.ts'
import { Exchange, type RequestContext } from '../exchange.ts'
import { arrivalOf } from '../http/request-headers.ts'
import type { ReadPlan } from '../http/request-plan.ts'
import type { RequestPlans } from '../http/request-plans.ts'
import type { WarmUp } from '../warm-up/warm-up.ts'
import { type LookupParts, warm } from './lookup.ts'

export interface WarmUpParts extends LookupParts {
  readonly plans: RequestPlans
  /** `undefined` where it is off, or isolates share no answers. */
  readonly warmUp: WarmUp | undefined
}

/** Starts what is due of the warm-up, once the answer is ready. Its requests are the edge's own, without a caller. */
export function warmUpAfter({ context }: Exchange, parts: WarmUpParts): void {
  const due = parts.warmUp?.after(parts.now(), (target) => warmTarget(target, context, parts))
  if (due !== undefined) context.waitUntil(due)
}

/** Whether all callers share the answer, anonymous ones included: no other is ever fetched for nobody. */
export const isForAll = (plan: ReadPlan): boolean =>
  plan.isOpen && plan.sharedKey !== undefined && !plan.isOneCopy

async function warmTarget(
  target: string,
  context: RequestContext,
  parts: WarmUpParts,
): Promise<Warmed | 'skipped'> {
  const nowMs = parts.now()
  const plan = parts.plans.readAt(target, nowMs)
  if (plan === undefined || !isForAll(plan)) return 'skipped'
  const request = new Request(`https://edge.invalid${plan.target}`)
  return await warm(new Exchange(arrivalOf(request, nowMs), plan, context, parts.ids), parts)
}
