import type { FieldRules } from './fields.ts'
import { type AccessRule, partsOf } from './rule.ts'

/** Access rules of a resource, as a developer writes them. */
export interface AccessOptions {
  /** Documents that a caller may read; others are 404. */
  readonly read: AccessRule
  /** Rule for each of `create`, `update` and `delete` that is not given. */
  readonly write?: AccessRule
  /** Documents that a caller may create, singly and in batches. @default write */
  readonly create?: AccessRule
  /** Documents that a caller may replace and patch, among those that it may read. @default write */
  readonly update?: AccessRule
  /** Documents that a caller may delete, among those that it may read. @default write */
  readonly delete?: AccessRule
  /** Single fields that fewer callers may read or write than the document. @default none */
  readonly fields?: FieldRules
}

/** One rule per kind of operation. */
export interface AccessRules {
  readonly read: AccessRule
  readonly create: AccessRule
  readonly update: AccessRule
  readonly delete: AccessRule
}

/** Fills in `write` for the rules that are not given. */
export function resolveAccess(options: AccessOptions): AccessRules {
  const { read, create, update } = options
  // The cast is safe: definition-options.ts refuses a rule that is neither given nor covered by `write`.
  const rest = options.write as AccessRule
  return { read, create: create ?? rest, update: update ?? rest, delete: options.delete ?? rest }
}

/**
 * The owner field that is set to the creator's subject in a new document: the one in the rule of `create`, or else the
 * only one in any rule. It never changes. Other owner fields are ordinary fields.
 */
export function creatorField(rules: AccessRules): string | undefined {
  const [named] = ownersIn(rules.create)
  if (named !== undefined) return named
  const [only, ...others] = new Set([rules.read, rules.update, rules.delete].flatMap(ownersIn))
  return others.length === 0 ? only : undefined
}

/** Owner fields in a rule, each once. */
export const ownersIn = (rule: AccessRule): readonly string[] => [
  ...new Set([...partsOf(rule)].flatMap((part) => (part.kind === 'owner' ? [part.field] : []))),
]

/** Claims by the fields that `tenant()` compares with them. */
export const tenantFields = (rules: AccessRules): ReadonlyMap<string, string> =>
  new Map(
    Object.values(rules)
      .flatMap((rule) => [...partsOf(rule)])
      .flatMap((part) => (part.kind === 'tenant' ? [[part.field, part.claim] as const] : [])),
  )
