/**
 * Access rules as data: one rule is decided at the edge before any call of the origin, compiled into a database filter,
 * made part of cache keys, and printed in the OpenAPI document.
 *
 * Words only grant access, so a caller with fewer claims is never allowed more.
 */
export type AccessRule =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signedIn' }
  | { readonly kind: 'never' }
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'claim'; readonly claim: string; readonly value: string }
  | { readonly kind: 'owner'; readonly field: string }
  | { readonly kind: 'member'; readonly field: string }
  | { readonly kind: 'tenant'; readonly field: string; readonly claim: string }
  | { readonly kind: 'where'; readonly fields: Readonly<Record<string, Constant>> }
  | { readonly kind: 'any'; readonly rules: readonly AccessRule[] }
  | { readonly kind: 'all'; readonly rules: readonly AccessRule[] }

/** Value that a rule compares with a stored field. */
export type Constant = string | number | boolean

export const anyone: AccessRule = { kind: 'anyone' }
export const signedIn: AccessRule = { kind: 'signedIn' }

/** No caller: the operation does not exist. */
export const never: AccessRule = { kind: 'never' }

/** Callers whose token has this OAuth 2.0 scope (RFC 6749 §3.3). */
export const scope = (name: string): AccessRule => ({ kind: 'scope', scope: name })

/** Callers whose token has `value` in a claim. The issuer's configuration maps names to claims. */
export const claim = (name: string, value: string): AccessRule => ({ kind: 'claim', claim: name, value })

/** Callers with a role: `claim('roles', name)`, the claim of RFC 9068 §2.2.3.1. */
export const role = (name: string): AccessRule => claim('roles', name)

/** Callers with a permission: `claim('permissions', name)`. */
export const permission = (name: string): AccessRule => claim('permissions', name)

/** Only the subject in the document's `field`, which is set from the token and never from a body. */
export const owner = (field: string): AccessRule => ({ kind: 'owner', field })

/** Only subjects in the document's `field`, an array of strings. */
export const member = (field: string): AccessRule => ({ kind: 'member', field })

/** Only callers whose `claim` contains the value of the document's `field`. */
export const tenant = (field: string, claimName: string): AccessRule => ({
  kind: 'tenant',
  field,
  claim: claimName,
})

/** Only documents whose fields have these values, for any caller. */
export const where = (fields: Readonly<Record<string, Constant>>): AccessRule => ({ kind: 'where', fields })

/** Callers who satisfy one of the rules. */
export const any = (...rules: AccessRule[]): AccessRule => ({ kind: 'any', rules })

/** Callers who satisfy every rule. */
export const all = (...rules: AccessRule[]): AccessRule => ({ kind: 'all', rules })

/** The rule and all rules nested in it. */
export function* partsOf(rule: AccessRule): Generator<AccessRule> {
  yield rule
  if (rule.kind === 'any' || rule.kind === 'all') for (const part of rule.rules) yield* partsOf(part)
}

/** Stored fields that a plain word reads. */
export function fieldsOf(part: AccessRule): readonly string[] {
  if (part.kind === 'where') return Object.keys(part.fields)
  return part.kind === 'owner' || part.kind === 'member' || part.kind === 'tenant' ? [part.field] : []
}

/** The field that always has to contain the caller's subject: an `owner` without an alternative in `any`. */
export function ownerField(rule: AccessRule): string | undefined {
  if (rule.kind === 'owner') return rule.field
  if (rule.kind !== 'all') return undefined
  for (const part of rule.rules) {
    const field = ownerField(part)
    if (field !== undefined) return field
  }
  return undefined
}

/** Every scope in the rule, for documentation and `WWW-Authenticate`. */
export const scopesOf = (rule: AccessRule): readonly string[] => [
  ...new Set([...partsOf(rule)].flatMap((part) => (part.kind === 'scope' ? [part.scope] : []))),
]

/** Whether the rule reads the document, so that the caller alone does not decide it. */
export const readsDocument = (rule: AccessRule): boolean =>
  [...partsOf(rule)].some((part) => fieldsOf(part).length > 0)

/**
 * Whether two tokens of one subject, both of which the edge admits, may see different documents by their claims: an
 * owner who changes the organization, for instance.
 */
export function variesByClaims(rule: AccessRule): boolean {
  if (rule.kind === 'tenant') return true
  if (rule.kind !== 'any' && rule.kind !== 'all') return false
  // One claim that `all` asks for is in every admitted token; one of `any` opens documents that other tokens do not.
  const isChoice = rule.kind === 'any' && readsDocument(rule) && [...partsOf(rule)].some(isOfClaims)
  return isChoice || rule.rules.some(variesByClaims)
}

const isOfClaims = ({ kind }: AccessRule): boolean => kind === 'scope' || kind === 'claim'
