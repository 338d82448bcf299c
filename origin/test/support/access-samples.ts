import type { AccessRule, FieldRules, Principal } from '@spillway/origin/contract'
import fc from 'fast-check'

/**
 * Generated rules, callers and documents, and a reference implementation of the rules, for the tests that compare it with
 * the edge's decisions, the origin's checks and the database's filters.
 */

/** Few values, so that rules, callers and documents match often. */
const subjects = ['a', 'b', 'c']
const names = ['x', 'y']
const scalar = fc.constantFrom('a', 'b', 'x', 1, true)
const plain: fc.Arbitrary<AccessRule> = fc.oneof(
  fc.constantFrom<AccessRule>({ kind: 'anyone' }, { kind: 'signedIn' }, { kind: 'never' }),
  fc.constantFrom(...names).map((scope) => ({ kind: 'scope' as const, scope })),
  fc.constantFrom(...names).map((value) => ({ kind: 'claim' as const, claim: 'roles', value })),
  fc.constantFrom('f', 'g').map((field) => ({ kind: 'owner' as const, field })),
  fc.constant<AccessRule>({ kind: 'member', field: 'm' }),
  fc.constantFrom('f', 'g').map((field) => ({ kind: 'tenant' as const, field, claim: 'org' })),
  fc
    .dictionary(fc.constantFrom('f', 'g', 'h'), scalar, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
    .map((fields) => ({ kind: 'where' as const, fields })),
)
export const { rule } = fc.letrec<{ rule: AccessRule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    plain,
    fc.record({
      kind: fc.constantFrom('any' as const, 'all' as const),
      rules: fc.array(tie('rule'), { maxLength: 3 }),
    }),
  ),
}))
export const principal: fc.Arbitrary<Principal | undefined> = fc.option(
  fc.record({
    subject: fc.constantFrom(...subjects),
    scopes: fc.subarray(names),
    claims: fc.record({ roles: fc.subarray(names), org: fc.subarray(['a', 'b', 'x']) }),
  }),
  { nil: undefined },
)
export const document = fc.record(
  { f: scalar, g: scalar, h: scalar, m: fc.subarray(subjects) },
  { requiredKeys: [] },
)

/** Rules of some fields; a field may have a rule for either right, both, or none. */
export const fieldRules: fc.Arbitrary<FieldRules> = fc.dictionary(
  fc.constantFrom('f', 'g', 'h', 'm'),
  fc.record({ read: rule, write: rule }, { requiredKeys: [] }),
  { maxKeys: 3, noNullPrototype: true },
)

export type Document = Readonly<Record<string, unknown>>

/** Reference implementation: evaluates each word of the rule. */
export function isAllowed(rule: AccessRule, who: Principal | undefined, document: Document): boolean {
  switch (rule.kind) {
    case 'anyone':
      return true
    case 'never':
      return false
    case 'signedIn':
      return who !== undefined
    case 'scope':
      return who?.scopes.includes(rule.scope) === true
    case 'claim':
      return who?.claims?.[rule.claim]?.includes(rule.value) === true
    case 'owner':
      return who !== undefined && document[rule.field] === who.subject
    case 'member':
      return who !== undefined && ((document[rule.field] ?? []) as string[]).includes(who.subject)
    case 'tenant':
      return who?.claims?.[rule.claim]?.some((value) => value === document[rule.field]) === true
    case 'where':
      return Object.entries(rule.fields).every(([field, value]) => document[field] === value)
    case 'any':
      return rule.rules.some((part) => isAllowed(part, who, document))
    case 'all':
      return rule.rules.every((part) => isAllowed(part, who, document))
  }
}

/** Reference implementation: fields with a rule of this right that does not let the caller through, in order. */
export const refusedFields = (
  rules: FieldRules,
  right: 'read' | 'write',
  who: Principal | undefined,
  document: Document,
): readonly string[] =>
  Object.entries(rules)
    .flatMap(([field, { [right]: rule }]) =>
      rule !== undefined && !isAllowed(rule, who, document) ? [field] : [],
    )
    .sort()
