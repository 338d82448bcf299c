import type { FieldRules, HiddenFields } from './fields.ts'
import { type AccessRule, fieldsOf, partsOf } from './rule.ts'

/**
 * Values of the stored fields that a resource's read rules compare, by field: all that is needed to decide who may read the
 * document, and which of its fields. If it has field rules, also {@link hiddenAttribute}.
 */
export type RuleAttributes = Readonly<Record<string, unknown>>

/** The attribute that names the fields which the answer lacks, because its caller may not read them. */
const hiddenAttribute = '_hidden'

/** Maximum length of the header, in characters. Documents with more are stored once for each audience. */
export const ruleAttributesMax = 6_144

/** Stored fields that the read rule of a resource and those of its fields compare, each once. */
export function attributesOf(read: AccessRule, fields: FieldRules = {}): readonly string[] {
  const rules = [
    read,
    ...Object.values(fields).flatMap((rule) => (rule.read === undefined ? [] : [rule.read])),
  ]
  return [...new Set(rules.flatMap((rule) => [...partsOf(rule)]).flatMap(fieldsOf))]
}

/**
 * The header that carries a document's attributes to the edge: a JSON object in ASCII. A value that no condition can
 * compare is left out: a condition on an absent field never holds.
 *
 * @param names of the fields: {@link attributesOf}
 * @param hidden fields that the answer lacks; `undefined` if no field of the resource has a read rule
 * @returns `undefined` if it would be too long
 */
export function formatRuleAttributes(
  names: readonly string[],
  fields: RuleAttributes,
  hidden?: HiddenFields,
): string | undefined {
  const values = names.flatMap((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    return isComparable(value) ? [[name, value]] : []
  })
  const hiddenEntry = hidden === undefined ? [] : [[hiddenAttribute, hidden]]
  const text = JSON.stringify(Object.fromEntries([...values, ...hiddenEntry])).replace(
    beyondAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return text.length > ruleAttributesMax ? undefined : text
}

/** Fields that the answer with these attributes lacks; `undefined` if they do not say. */
export function hiddenBy(attributes: RuleAttributes): HiddenFields | undefined {
  const names = Object.hasOwn(attributes, hiddenAttribute) ? attributes[hiddenAttribute] : undefined
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined
}

/** Code units that header values cannot carry; JSON escapes the control characters below the space itself. */
const beyondAscii = /[\x7f-\uffff]/g

const isComparable = (value: unknown): boolean =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (Array.isArray(value) && value.every((member) => typeof member === 'string'))
