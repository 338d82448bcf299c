import { type AccessRule, fieldsOf, partsOf } from './rule.ts'

/** Values of the stored fields that a read rule compares, by field: all that is needed to decide the rule. */
export type RuleAttributes = Readonly<Record<string, unknown>>

/** Maximum length of the header, in characters. Documents with more are stored once for each audience. */
export const ruleAttributesMax = 6_144

/** Stored fields that a rule compares, each once. */
export const attributesOf = (rule: AccessRule): readonly string[] => [
  ...new Set([...partsOf(rule)].flatMap(fieldsOf)),
]

/**
 * The header that carries a document's attributes to the edge: a JSON object in ASCII. A value that no condition can
 * compare is left out: a condition on an absent field never holds.
 *
 * @param names of the fields: {@link attributesOf}
 * @returns `undefined` if it would be too long
 */
export function formatRuleAttributes(names: readonly string[], fields: RuleAttributes): string | undefined {
  const values = names.flatMap((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    return isComparable(value) ? [[name, value]] : []
  })
  const text = JSON.stringify(Object.fromEntries(values)).replace(
    beyondAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return text.length > ruleAttributesMax ? undefined : text
}

/** Code units that header values cannot carry; JSON escapes the control characters below the space itself. */
const beyondAscii = /[\x7f-\uffff]/g

const isComparable = (value: unknown): boolean =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (Array.isArray(value) && value.every((member) => typeof member === 'string'))
