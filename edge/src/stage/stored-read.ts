import {
  audienceOf,
  cacheKey,
  copyAudienceOf,
  copyKey,
  type Principal,
  type Residual,
  type RuleAttributes,
  satisfies,
} from '@spillway/origin/contract'
import type { Viewer } from '../cache/index.ts'
import type { ReadPlan } from '../http/request-plan.ts'

/** Cache key of a read's answer; `undefined` if the contract does not store it. */
export function keyOfRead(plan: ReadPlan, principal: Principal | undefined): string | undefined {
  if (plan.sharedKey !== undefined || !plan.isStored) return plan.sharedKey
  const { route, canonical, expand, isOneCopy } = plan
  return isOneCopy
    ? copyKey(route, canonical, copyAudienceOf(route.resource, principal, expand), expand)
    : audienceKey(plan, principal)
}

const audienceKey = ({ route, canonical, expand }: ReadPlan, principal: Principal | undefined): string =>
  cacheKey(route, canonical, audienceOf(route.resource, principal, expand), expand)

/** The caller, if one copy of the document is stored for several audiences (decision 29). */
export const viewerOf = (plan: ReadPlan, principal: Principal | undefined): Viewer | undefined =>
  plan.isOneCopy ? new RuleViewer(plan, principal) : undefined

/** A caller whose right to the stored copy is decided by the read rule, on the document's attributes. */
class RuleViewer implements Viewer {
  readonly #plan: ReadPlan
  readonly #principal: Principal | undefined
  readonly #residual: Residual
  #key: string | undefined

  constructor(plan: ReadPlan, principal: Principal | undefined) {
    this.#plan = plan
    this.#principal = principal
    this.#residual = plan.route.resource.audiences.read.of(principal)
  }

  /** perf: composed only where the copy does not answer. */
  get key(): string {
    this.#key ??= audienceKey(this.#plan, this.#principal)
    return this.#key
  }

  mayShow(attributes: RuleAttributes): boolean {
    return satisfies(this.#residual, attributes)
  }
}
