import type { FieldRule } from '../access.ts'
import type { View } from '../catalogue.ts'
import { storedPath } from '../stored-path.ts'
import type { Json } from './json.ts'
import { ruleText } from './rule-text.ts'

/** Rules of the stored field behind a version's field. */
export const fieldRuleOf = ({ resource, representation }: View, name: string): FieldRule =>
  resource.fieldAccess.rules[storedPath(representation, name) ?? ''] ?? {}

/** Adds to a property who may read and write it, in words and as keywords of JSON Schema (2020-12 Validation §9.4). */
export function withFieldRule(view: View, name: string, schema: Json): Json {
  const { read, write } = fieldRuleOf(view, name)
  const words = [
    ...(schema.description === undefined ? [] : [schema.description]),
    ...(isRuled(read) ? [`Shown where this holds: ${ruleText(read)}. Absent otherwise.`] : []),
    ...(isRuled(write) ? [`Written where this holds: ${ruleText(write)}.`] : []),
  ]
  return {
    ...schema,
    ...(words.length > 0 && { description: words.join(' ') }),
    ...(write?.kind === 'never' && { readOnly: true }),
  }
}

/** Whether everybody who may read the document may read the field. */
export const isShownToAll = (view: View, name: string): boolean => !isRuled(fieldRuleOf(view, name).read)

/** Whether some caller may send the field. */
export const isSent = (view: View, name: string): boolean => fieldRuleOf(view, name).write?.kind !== 'never'

const isRuled = (rule: FieldRule['read']): rule is NonNullable<FieldRule['read']> =>
  rule !== undefined && rule.kind !== 'anyone'
