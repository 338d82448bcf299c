import type { Principal } from '../principal.ts'
import { claimValues } from './decide.ts'
import type { AccessRule, Constant } from './rule.ts'

/** A condition on one stored field. */
export interface Condition {
  readonly field: string
  /** `is`: the field has one of the values. `has`: the field is an array that contains the value. */
  readonly operator: 'is' | 'has'
  /** Sorted and unique; a single value if the operator is `has`. */
  readonly values: readonly Constant[]
}

/** Conditions that must all hold, sorted by their text. */
export type Alternative = readonly Condition[]

/**
 * The remainder of a rule once everything that depends on the principal is decided and its claims are inserted: one of
 * the alternatives must hold. Without alternatives, nothing is allowed; with an alternative without conditions,
 * everything is.
 *
 * It identifies the audience of an answer: callers with equal text see equal documents. Words of rules only grant, so
 * the minimal alternatives (prime implicants) are the same however the rule is written, and the text is a canonical
 * form.
 */
export interface Residual {
  readonly alternatives: readonly Alternative[]
  readonly text: string
}

/** Residual of a rule for a principal; `undefined` for a caller without a token. */
export function residualOf(rule: AccessRule, principal: Principal | undefined): Residual {
  const alternatives = minimal(expand(rule, principal))
  const text = alternatives.map((one) => one.map(conditionText).join('&')).join('|')
  return { alternatives, text: alternatives.length === 0 ? residualOfNothing : text }
}

/** Text of a residual that allows nothing. The text of one that allows everything is empty. */
export const residualOfNothing = '!'

const nothing: readonly Alternative[] = []
const everything: readonly Alternative[] = [[]]

export const allowsAll = ({ alternatives }: Residual): boolean => alternatives[0]?.length === 0

/** Whether a document satisfies a residual, by its stored fields. */
export function satisfies({ alternatives }: Residual, fields: Readonly<Record<string, unknown>>): boolean {
  return alternatives.some((conditions) => conditions.every((condition) => holds(condition, fields)))
}

/** Whether every document that satisfies `narrow` satisfies `wide`, as far as single alternatives tell. */
export const isImplied = (wide: Residual, narrow: Residual): boolean =>
  narrow.alternatives.every((one) => wide.alternatives.some((other) => covers(other, one)))

/**
 * Residual for documents that satisfy some conditions anyway, as those of a filtered list do: everything, if they imply
 * one of its alternatives.
 */
export const residualAmong = (residual: Residual, given: Alternative): Residual =>
  given.length > 0 && residual.alternatives.some((one) => covers(one, given)) ? allOfThem : residual

const allOfThem: Residual = { alternatives: [[]], text: '' }

function holds({ field, operator, values }: Condition, fields: Readonly<Record<string, unknown>>): boolean {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (operator === 'is') return values.some((one) => one === value)
  return Array.isArray(value) && value.includes(values[0])
}

function expand(rule: AccessRule, principal: Principal | undefined): readonly Alternative[] {
  switch (rule.kind) {
    case 'anyone':
      return everything
    case 'never':
      return nothing
    case 'where':
      return [Object.entries(rule.fields).map(([field, value]) => is(field, [value]))]
    case 'any':
      return rule.rules.flatMap((part) => expand(part, principal))
    case 'all':
      return rule.rules.reduce<readonly Alternative[]>(
        (alternatives, part) =>
          alternatives.length === 0 ? nothing : both(alternatives, expand(part, principal)),
        everything,
      )
    default:
      return principal === undefined ? nothing : expandSignedIn(rule, principal)
  }
}

type CallerRule = Extract<
  AccessRule,
  { kind: 'signedIn' | 'scope' | 'claim' | 'owner' | 'member' | 'tenant' }
>

function expandSignedIn(rule: CallerRule, principal: Principal): readonly Alternative[] {
  switch (rule.kind) {
    case 'signedIn':
      return everything
    case 'scope':
      return principal.scopes.includes(rule.scope) ? everything : nothing
    case 'claim':
      return claimValues(principal, rule.claim).includes(rule.value) ? everything : nothing
    case 'owner':
      return [[is(rule.field, [principal.subject])]]
    case 'member':
      return [[{ field: rule.field, operator: 'has', values: [principal.subject] }]]
    case 'tenant': {
      const values = claimValues(principal, rule.claim)
      return values.length === 0 ? nothing : [[is(rule.field, [...new Set(values)].sort())]]
    }
  }
}

const is = (field: string, values: readonly Constant[]): Condition => ({ field, operator: 'is', values })

/** Combines every alternative of one side with every one of the other. */
const both = (left: readonly Alternative[], right: readonly Alternative[]): readonly Alternative[] =>
  left.flatMap((one) => right.flatMap((other) => joined(one, other)))

/** Conditions of both; none if a field would need two values at once. */
function joined(one: Alternative, other: Alternative): readonly Alternative[] {
  const conditions = [...one]
  for (const condition of other) {
    const at = conditions.findIndex(
      ({ field, operator }) => operator === 'is' && condition.operator === 'is' && field === condition.field,
    )
    const known = conditions[at]
    if (known === undefined) conditions.push(condition)
    else {
      const values = known.values.filter((value) => condition.values.includes(value))
      if (values.length === 0) return nothing
      conditions[at] = is(condition.field, values)
    }
  }
  return [conditions]
}

/** Alternatives that no other one covers, sorted by their text. */
function minimal(alternatives: readonly Alternative[]): readonly Alternative[] {
  const byText = new Map<string, Alternative>()
  for (const one of alternatives) {
    const conditions = new Map(one.map((condition) => [conditionText(condition), condition]))
    const texts = [...conditions.keys()].sort()
    // The cast is safe: the texts are the keys of the map.
    byText.set(
      texts.join('&'),
      texts.map((text) => conditions.get(text) as Condition),
    )
  }
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, conditions]) => conditions)
  return sorted.filter((one) => !sorted.some((other) => other !== one && covers(other, one)))
}

/** Whether every document that satisfies `narrow` also satisfies `wide`. Equal alternatives were merged before. */
const covers = (wide: Alternative, narrow: Alternative): boolean =>
  wide.every((condition) => narrow.some((stricter) => isImpliedBy(condition, stricter)))

const isImpliedBy = (condition: Condition, stricter: Condition): boolean =>
  condition.field === stricter.field &&
  condition.operator === stricter.operator &&
  stricter.values.every((value) => condition.values.includes(value))

/** JSON distinguishes strings from numbers, and quotes characters that could be taken for a separator. */
const conditionText = ({ field, operator, values }: Condition): string =>
  `${field}${operator === 'is' ? '=' : '~'}${values.map((value) => JSON.stringify(value)).join(',')}`
