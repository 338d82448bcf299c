import { type AccessRule, partsOf } from './rule.ts'

/** Rules of a resource, as an application developer writes them. */
export interface AccessOptions {
  /** Documents that a caller is shown; others are 404. */
  readonly read: AccessRule
  /** Rule of each of `create`, `update` and `delete` that is left out. */
  readonly write?: AccessRule
  /** Documents that a caller may make, alone and in batches. @default write */
  readonly create?: AccessRule
  /** Documents that a caller may replace and patch, of those that they are shown. @default write */
  readonly update?: AccessRule
  /** Documents that a caller may delete, of those that they are shown. @default write */
  readonly delete?: AccessRule
}

/** A rule for each kind of operation. */
export interface AccessRules {
  readonly read: AccessRule
  readonly create: AccessRule
  readonly update: AccessRule
  readonly delete: AccessRule
}

/** Options with `write` written out. Every rule is there: checked with the definition. */
export function resolveAccess({ read, write, ...own }: AccessOptions): AccessRules {
  // The cast: a rule that is neither given nor covered by `write` is a mistake, and stops the start.
  const rest = write as AccessRule
  return { read, create: own.create ?? rest, update: own.update ?? rest, delete: own.delete ?? rest }
}

/**
 * The owner field that a new document's is the creator's subject in: the one that `create` names, or else the only one
 * that any rule does. It stays what it is. Other owner fields are ordinary ones.
 */
export function creatorField(rules: AccessRules): string | undefined {
  const [named] = ownersIn(rules.create)
  if (named !== undefined) return named
  const [only, ...others] = new Set([rules.read, rules.update, rules.delete].flatMap(ownersIn))
  return others.length === 0 ? only : undefined
}

/** Owner fields that a rule names, each once. */
export const ownersIn = (rule: AccessRule): readonly string[] => [
  ...new Set([...partsOf(rule)].flatMap((part) => (part.kind === 'owner' ? [part.field] : []))),
]

/** Claims by the fields that `tenant()` compares them with. */
export const tenantFields = (rules: AccessRules): ReadonlyMap<string, string> =>
  new Map(
    Object.values(rules)
      .flatMap((rule) => [...partsOf(rule)])
      .flatMap((part) => (part.kind === 'tenant' ? [[part.field, part.claim] as const] : [])),
  )
