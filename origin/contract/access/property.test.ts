import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Principal } from '../principal.ts'
import { decideAccess } from './decide.ts'
import { type FilterDocument, residualFilter } from './filter.ts'
import { residualOf, satisfies } from './residual.ts'
import type { AccessRule } from './rule.ts'

/** Rules, callers and documents from few values, so that they match often. */
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
const { rule } = fc.letrec<{ rule: AccessRule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    plain,
    fc.record({
      kind: fc.constantFrom('any' as const, 'all' as const),
      rules: fc.array(tie('rule'), { maxLength: 3 }),
    }),
  ),
}))
const principal: fc.Arbitrary<Principal | undefined> = fc.option(
  fc.record({
    subject: fc.constantFrom(...subjects),
    scopes: fc.subarray(names),
    claims: fc.record({ roles: fc.subarray(names), org: fc.subarray(['a', 'b', 'x']) }),
  }),
  { nil: undefined },
)
const document = fc.record(
  { f: scalar, g: scalar, h: scalar, m: fc.subarray(subjects) },
  { requiredKeys: [] },
)
type Document = Readonly<Record<string, unknown>>

/** Reference implementation: evaluates each word of the rule. */
function isAllowed(rule: AccessRule, who: Principal | undefined, document: Document): boolean {
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

/**
 * Reference implementation of the filter operators, as the database defines them: an array equals each value it
 * contains.
 */
function matches(filter: FilterDocument, document: Document): boolean {
  return Object.entries(filter).every(([key, operand]) => {
    if (key === '$or') return (operand as FilterDocument[]).some((one) => matches(one, document))
    if (key === '$and') return (operand as FilterDocument[]).every((one) => matches(one, document))
    const stored = document[key]
    const values: readonly unknown[] = Array.isArray(stored) ? stored : [stored]
    const { $eq, $in } = operand as { $eq?: unknown; $in?: readonly unknown[] }
    return $in === undefined ? values.includes($eq) : values.some((value) => $in.includes(value))
  })
}

it('edge, filter and residual agree with the rule, and equal residuals show equal documents', () => {
  const shown = new Map<string, string>()
  const documents = fc.sample(document, { numRuns: 10, seed: 7 })
  let cases = 0
  fc.assert(
    fc.property(rule, principal, document, (rule, who, one) => {
      const residual = residualOf(rule, who)
      const filter = residualFilter(residual)
      const verdicts = [one, ...documents].map((document) => {
        cases += 1
        const expected = isAllowed(rule, who, document)
        const found = filter.every((part) => matches(part, document))
        if (satisfies(residual, document) !== expected || found !== expected) {
          throw new Error(`${JSON.stringify({ rule, who, document, expected, found, text: residual.text })}`)
        }
        return expected
      })
      // A caller that the edge refuses must not be shown anything.
      if (decideAccess(rule, who).outcome !== 'allowed' && residual.text !== '!') return false
      const set = verdicts.slice(1).join()
      const known = shown.get(residual.text) ?? set
      shown.set(residual.text, set)
      return known === set
    }),
    { numRuns: 10_000 },
  )
  expect(cases).toBeGreaterThanOrEqual(100_000)
}, 120_000)

it('order and repetition of parts do not change the residual', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), principal, (rules, who) => {
      for (const kind of ['any', 'all'] as const) {
        const text = residualOf({ kind, rules }, who).text
        const other = { kind, rules: [...rules, ...rules].reverse() }
        if (residualOf(other, who).text !== text) return false
      }
      return true
    }),
    { numRuns: 2_000 },
  )
})
