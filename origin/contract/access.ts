import type { Principal } from './principal.ts'

/**
 * Access rules as data. Built with `anyone`, `signedIn`, `scope()`, `owner()` and `all()`, so that a rule
 * can be printed in the OpenAPI document, checked at the edge before any origin call, and compiled into a filter.
 */
export type AccessRule =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signedIn' }
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'owner'; readonly field: string }
  | { readonly kind: 'all'; readonly rules: readonly AccessRule[] }

export const anyone: AccessRule = { kind: 'anyone' }
export const signedIn: AccessRule = { kind: 'signedIn' }

/** Callers whose token carries this OAuth 2.0 scope (RFC 6749 §3.3). */
export const scope = (name: string): AccessRule => ({ kind: 'scope', scope: name })

/** Only the subject that the document's `field` names. The field is set from the token, never from a body. */
export const owner = (field: string): AccessRule => ({ kind: 'owner', field })

/** Callers who satisfy every rule. */
export const all = (...rules: AccessRule[]): AccessRule => ({ kind: 'all', rules })

/**
 * Decision about a principal before the document is known. `unauthenticated` becomes 401, `insufficientScope` 403 (RFC
 * 6750 §3.1). An allowed caller may still be limited to its own documents: see {@link ownerField}.
 */
export type AccessDecision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'unauthenticated' }
  | { readonly outcome: 'insufficientScope'; readonly scope: string }

const allowed: AccessDecision = { outcome: 'allowed' }
const unauthenticated: AccessDecision = { outcome: 'unauthenticated' }

/** Decides a rule for a principal (`undefined`: no token). An owner rule allows every signed-in caller. */
export function decideAccess(rule: AccessRule, principal: Principal | undefined): AccessDecision {
  if (rule.kind === 'anyone') return allowed
  if (rule.kind === 'all') {
    for (const part of rule.rules) {
      const decision = decideAccess(part, principal)
      if (decision.outcome !== 'allowed') return decision
    }
    return allowed
  }
  if (principal === undefined) return unauthenticated
  if (rule.kind === 'scope' && !principal.scopes.includes(rule.scope)) {
    return { outcome: 'insufficientScope', scope: rule.scope }
  }
  return allowed
}

/** The field that must contain the caller's subject, if the rule has an `owner`. */
export function ownerField(rule: AccessRule): string | undefined {
  if (rule.kind === 'owner') return rule.field
  if (rule.kind !== 'all') return undefined
  for (const part of rule.rules) {
    const field = ownerField(part)
    if (field !== undefined) return field
  }
  return undefined
}

/** Every scope that the rule names, for documentation and `WWW-Authenticate`. */
export function scopesOf(rule: AccessRule): readonly string[] {
  if (rule.kind === 'scope') return [rule.scope]
  return rule.kind === 'all' ? rule.rules.flatMap(scopesOf) : []
}

/** Whether the rule admits callers without a token. */
export const isPublic = (rule: AccessRule): boolean => decideAccess(rule, undefined).outcome === 'allowed'
