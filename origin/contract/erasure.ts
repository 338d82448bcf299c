import { ownersIn } from './access/options.ts'
import { type AccessRule, type AccessRules, type FieldRules, partsOf } from './access.ts'

/**
 * Fate of the documents that name a subject in one field, when that person asks to be forgotten (GDPR, art. 17):
 * - `delete`: the document is theirs, and is deleted for good.
 * - `set`, `remove`: it stays, with a pseudonym in place of the subject; these fields get constants or are removed.
 * - `keep`: it stays as it is, for a reason that the report repeats, such as a duty to keep invoices.
 */
export type FieldErasure = 'delete' | Blanks | { readonly keep: string }

/** Other fields that get constants, or are removed. */
export interface Blanks {
  readonly set?: Readonly<Record<string, string | number | boolean>>
  readonly remove?: readonly string[]
}

/** Fates by the stored fields with subjects: texts, or arrays of texts. */
export type Erasure = Readonly<Record<string, FieldErasure>>

/** The fates that are given. */
export const resolveErasure = (options: { readonly [field: string]: FieldErasure | undefined }): Erasure =>
  Object.fromEntries(Object.entries(options).flatMap(([field, fate]) => (fate ? [[field, fate]] : [])))

/** A pseudonym of the length that all of them have. */
export const pseudonymSample = `erased-${'0'.repeat(32)}`

export const isKept = (fate: FieldErasure): fate is { readonly keep: string } =>
  typeof fate === 'object' && 'keep' in fate

/** Stored fields of a resource that hold subjects, as far as its rules and its erasure say. */
export const subjectFieldsOf = (rules: Iterable<AccessRule>, erasure: Erasure): readonly string[] => [
  ...new Set([...[...rules].flatMap(fieldsWithSubjects), ...Object.keys(erasure)]),
]

const fieldsWithSubjects = (rule: AccessRule): readonly string[] => [
  ...ownersIn(rule),
  ...[...partsOf(rule)].flatMap((part) => (part.kind === 'member' ? [part.field] : [])),
]

/** All rules of a resource that may compare fields with the caller's subject. */
export const rulesOf = (
  access: AccessRules,
  fields: FieldRules,
  ...others: readonly (AccessRule | undefined)[]
): readonly AccessRule[] => {
  const ofFields = Object.values(fields).flatMap(({ read, write }) => [read, write])
  const rules: readonly (AccessRule | undefined)[] = [...Object.values(access), ...ofFields, ...others]
  return rules.filter((rule) => rule !== undefined)
}

/** Fields with subjects of which no fate is declared, those of action rules among them. */
export const undeclaredSubjects = ({
  subjectFields,
  erasure,
  actions,
}: {
  readonly subjectFields: readonly string[]
  readonly erasure: Erasure
  readonly actions: ReadonlyMap<string, { readonly access: AccessRule }>
}): readonly string[] => {
  const ofActions = [...actions.values()].flatMap(({ access }) => fieldsWithSubjects(access))
  return [...new Set([...subjectFields, ...ofActions])].filter((field) => !Object.hasOwn(erasure, field))
}
