import type { Principal } from '../principal.ts'
import { type Residual, residualOf } from './residual.ts'
import { type AccessRule, variesByClaims } from './rule.ts'

/**
 * Residuals of a rule per principal. The verifier returns the same principal object for a token as long as it is
 * remembered, so a returning caller costs one look-up (decision 24).
 */
export class Audience {
  /** Whether one subject may have several residuals: {@link variesByClaims}. */
  readonly isOfClaims: boolean
  readonly #rule: AccessRule
  readonly #byPrincipal = new WeakMap<Principal, Residual>()
  readonly #ofNobody: Residual

  constructor(rule: AccessRule) {
    this.#rule = rule
    this.isOfClaims = variesByClaims(rule)
    this.#ofNobody = residualOf(rule, undefined)
  }

  of(principal: Principal | undefined): Residual {
    if (principal === undefined) return this.#ofNobody
    const known = this.#byPrincipal.get(principal)
    if (known !== undefined) return known
    const residual = residualOf(this.#rule, principal)
    this.#byPrincipal.set(principal, residual)
    return residual
  }
}
