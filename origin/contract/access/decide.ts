import type { Principal } from '../principal.ts'
import type { AccessRule } from './rule.ts'

/**
 * Decision on a principal before any document is known. `unauthenticated` becomes 401; `insufficientScope` and
 * `forbidden` become 403 (RFC 6750 §3.1). A caller who passes may still be limited to some documents: see
 * {@link ./residual.ts}.
 */
export type AccessDecision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'unauthenticated' }
  | { readonly outcome: 'insufficientScope'; readonly scope: string }
  | { readonly outcome: 'forbidden' }

const allowed: AccessDecision = { outcome: 'allowed' }
const unauthenticated: AccessDecision = { outcome: 'unauthenticated' }
const forbidden: AccessDecision = { outcome: 'forbidden' }

/**
 * Decides a rule for a principal (`undefined`: no token). A part that depends on the document counts as allowed if it
 * can hold for the principal at all.
 */
export function decideAccess(rule: AccessRule, principal: Principal | undefined): AccessDecision {
  switch (rule.kind) {
    case 'anyone':
    case 'where':
      return allowed
    case 'never':
      return forbidden
    case 'all':
      return decideAll(rule.rules, principal)
    case 'any':
      return decideAny(rule.rules, principal)
    default:
      return principal === undefined ? unauthenticated : decideSignedIn(rule, principal)
  }
}

type CallerRule = Extract<
  AccessRule,
  { kind: 'signedIn' | 'scope' | 'claim' | 'owner' | 'member' | 'tenant' }
>

function decideSignedIn(rule: CallerRule, principal: Principal): AccessDecision {
  switch (rule.kind) {
    case 'scope':
      return principal.scopes.includes(rule.scope)
        ? allowed
        : { outcome: 'insufficientScope', scope: rule.scope }
    case 'claim':
      return claimValues(principal, rule.claim).includes(rule.value) ? allowed : forbidden
    case 'tenant':
      return claimValues(principal, rule.claim).length > 0 ? allowed : forbidden
    default:
      return allowed
  }
}

function decideAll(rules: readonly AccessRule[], principal: Principal | undefined): AccessDecision {
  let denial: AccessDecision | undefined
  for (const part of rules) {
    const decision = decideAccess(part, principal)
    // A token would not help, because no caller is allowed.
    if (decision.outcome === 'forbidden') return decision
    if (decision.outcome !== 'allowed') denial ??= decision
  }
  return denial ?? allowed
}

function decideAny(rules: readonly AccessRule[], principal: Principal | undefined): AccessDecision {
  let denial: AccessDecision = forbidden
  for (const part of rules) {
    const decision = decideAccess(part, principal)
    if (decision.outcome === 'allowed') return decision
    // Keeps the first denial that names what the caller lacks, which is the most useful one.
    if (denial.outcome === 'forbidden') denial = decision
  }
  return denial
}

/** Whether a caller without a token is allowed, for at least some documents. */
export const isPublic = (rule: AccessRule): boolean => decideAccess(rule, undefined).outcome === 'allowed'

const none: readonly string[] = []

/** The principal's values of a claim. */
export function claimValues({ claims }: Principal, name: string): readonly string[] {
  return claims !== undefined && Object.hasOwn(claims, name) ? (claims[name] ?? none) : none
}
