import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type Document,
  document,
  fieldRules,
  isAllowed,
  principal,
  refusedFields,
  rule,
} from '../../test/support/access-samples.ts'
import { decideAccess } from './decide.ts'
import { FieldAccess } from './fields.ts'
import { type FilterDocument, residualFilter } from './filter.ts'
import { type Alternative, residualAmong, residualOf, satisfies } from './residual.ts'

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

it('field rules hide and protect what the rules of each field say, and equal audiences are shown equal fields', () => {
  const documents = fc.sample(document, { numRuns: 10, seed: 11 })
  const hidden = new Map<string, string>()
  let cases = 0
  fc.assert(
    fc.property(fieldRules, rule, principal, (rules, read, who) => {
      const access = new FieldAccess(rules)
      const shown = residualOf(read, who)
      const hiddenFields = documents.map((one) => {
        cases += 1
        const names = access.hiddenFrom(who, one)
        const variants = access.variantsOf(who)
        if (variants.length > 0 && !variants.some((fields) => fields === names)) {
          throw new Error(`${names} are none of ${JSON.stringify({ variants, rules, who, one })}`)
        }
        const isHidden = names.join() === refusedFields(rules, 'read', who, one).join()
        const isProtected =
          [...access.protectedFrom(who, one)].join() === refusedFields(rules, 'write', who, one).join()
        // By a comparison with a hidden field its value could be found out.
        const isTold =
          isAllowed(read, who, one) && names.some((name) => access.mayCompare(`${name}.inner`, who, shown))
        if (!isHidden || !isProtected || isTold) {
          throw new Error(JSON.stringify({ rules, read, who, one, isHidden, isProtected, isTold }))
        }
        return names.join()
      })
      const text = access.audienceOf(who)
      const set = hiddenFields.join(';')
      const known = hidden.get(text) ?? set
      hidden.set(text, set)
      return known === set
    }),
    { numRuns: 2_000 },
  )
  expect(cases).toBeGreaterThanOrEqual(20_000)
  expect(hidden.size).toBeGreaterThan(100)
}, 60_000)

it('callers whose filtered lists have equal residuals are shown equal lists', () => {
  const documents = fc.sample(document, { numRuns: 200, seed: 3 })
  const given = fc.constantFrom<Alternative>(
    [{ field: 'f', operator: 'is', values: ['a'] }],
    [{ field: 'h', operator: 'is', values: ['b', 'x'] }],
    [
      { field: 'g', operator: 'is', values: [1] },
      { field: 'm', operator: 'has', values: ['c'] },
    ],
  )
  let shared = 0
  fc.assert(
    fc.property(rule, given, fc.tuple(principal, principal), (read, conditions, people) => {
      const listed = documents.filter((one) => satisfies({ alternatives: [conditions], text: '' }, one))
      const [one, other] = people.map((who) => ({
        own: residualOf(read, who).text,
        text: residualAmong(residualOf(read, who), conditions).text,
        list: listed.map((document) => isAllowed(read, who, document)).join(),
      }))
      if (one?.text !== other?.text) return true
      if (one?.own !== other?.own) shared += 1
      return one?.list === other?.list
    }),
    { numRuns: 5_000 },
  )
  expect(shared).toBeGreaterThan(0)
}, 60_000)

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
