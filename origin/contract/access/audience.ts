import type { Principal } from '../principal.ts'
import { type Residual, residualOf } from './residual.ts'
import type { AccessRule } from './rule.ts'

/**
 * A rule's residuals by principal. A verified token keeps one principal for as long as it is remembered, so that a caller
 * who comes again costs a look-up (decision 24).
 */
export class Audience {
  readonly #rule: AccessRule
  readonly #byPrincipal = new WeakMap<Principal, Residual>()
  readonly #ofNobody: Residual

  constructor(rule: AccessRule) {
    this.#rule = rule
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
