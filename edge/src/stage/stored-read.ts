import {
  audienceOf,
  cacheKey,
  copyAudienceOf,
  copyKey,
  type HiddenFields,
  hiddenBy,
  type Principal,
  type Resource,
  type RuleAttributes,
  satisfies,
} from '@spillway/origin/contract'
import type { Viewer } from '../cache/index.ts'
import type { ReadPlan } from '../http/request-plan.ts'

/**
 * Cache key of a read's answer; `undefined` if the contract does not store it. Of several copies of a document it is the one
 * that lacks most: most callers are shown that one of most documents.
 */
export function keyOfRead(plan: ReadPlan, principal: Principal | undefined): string | undefined {
  if (plan.sharedKey !== undefined || !plan.isStored) return plan.sharedKey
  const [hidden] = variantsOf(plan, principal)
  return hidden === undefined ? audienceKey(plan, principal) : variantKey(plan, hidden, principal)
}

/** Sets of fields that a stored copy may lack for this caller; none if no copy is shared with others. */
function variantsOf(
  { isOneCopy, route: { resource } }: ReadPlan,
  principal: Principal | undefined,
): readonly HiddenFields[] {
  if (!isOneCopy) return none
  return resource.fieldAccess.hidesSome ? resource.fieldAccess.variantsOf(principal) : nothingHiddenAlone
}

const variantKey = (
  { route, canonical, expand }: ReadPlan,
  hidden: HiddenFields,
  principal: Principal | undefined,
): string => copyKey(route, canonical, copyAudienceOf(hidden, principal, expand), expand)

const audienceKey = (
  { route, canonical, expand, given }: ReadPlan,
  principal: Principal | undefined,
): string => cacheKey(route, canonical, audienceOf(route.resource, principal, expand, given), expand)

/** The caller, if copies of the document are stored for several audiences (decision 29). */
export const viewerOf = (plan: ReadPlan, principal: Principal | undefined): Viewer | undefined =>
  plan.isOneCopy && variantsOf(plan, principal).length > 0 ? new RuleViewer(plan, principal) : undefined

/** A caller whose right to a stored copy is decided by the read rules, on the document's attributes. */
class RuleViewer implements Viewer {
  readonly #plan: ReadPlan
  readonly #principal: Principal | undefined
  readonly #resource: Resource
  #key: string | undefined

  constructor(plan: ReadPlan, principal: Principal | undefined) {
    this.#plan = plan
    this.#principal = principal
    this.#resource = plan.route.resource
  }

  /** perf: composed only where no copy answers. */
  get key(): string {
    this.#key ??= audienceKey(this.#plan, this.#principal)
    return this.#key
  }

  /** perf: composed only where the first copy does not answer. */
  get otherKeys(): readonly string[] {
    const [, ...others] = variantsOf(this.#plan, this.#principal)
    return others.map((hidden) => this.#keyWithout(hidden))
  }

  keyOf(attributes: RuleAttributes): string {
    const lacking = this.#lackingIn(attributes)
    return lacking === undefined ? this.key : this.#keyWithout(lacking)
  }

  keyShown(attributes: RuleAttributes): string {
    return this.#mayRead(attributes) ? this.#keyWithout(this.#hiddenBy(attributes)) : this.key
  }

  mayShow(attributes: RuleAttributes): boolean {
    if (!this.#mayRead(attributes)) return false
    if (!this.#resource.fieldAccess.hidesSome) return this.#lackingIn(attributes)?.length === 0
    return this.#lackingIn(attributes)?.join() === this.#hiddenBy(attributes).join()
  }

  #mayRead(attributes: RuleAttributes): boolean {
    return satisfies(this.#resource.audiences.read.of(this.#principal), attributes)
  }

  #hiddenBy(attributes: RuleAttributes): HiddenFields {
    return this.#resource.fieldAccess.hiddenFrom(this.#principal, attributes)
  }

  /**
   * Fields that an answer with these attributes lacks; `undefined` if it does not say, as from an origin of an earlier
   * release: then it is for callers of the same audience.
   */
  #lackingIn(attributes: RuleAttributes): HiddenFields | undefined {
    return hiddenBy(attributes) ?? (this.#resource.fieldAccess.hidesSome ? undefined : nothingHidden)
  }

  #keyWithout(hidden: HiddenFields): string {
    return variantKey(this.#plan, hidden, this.#principal)
  }
}

const none: readonly HiddenFields[] = []
const nothingHidden: HiddenFields = []
const nothingHiddenAlone: readonly HiddenFields[] = [nothingHidden]
