import { exactIntegers } from '../exact-number.ts'
import type { FilterType } from '../filter-type.ts'
import { jsonForms } from '../json-forms.ts'
import { limits } from '../limits.ts'

type Schema = Readonly<Record<string, unknown>>

/** Schema of one value in a query string. */
export function valueSchema(type: FilterType): Schema {
  switch (type.kind) {
    case 'string':
      // NUL is refused in every text.
      return { type: 'string', maxLength: limits.filterValueLengthMax, pattern: '^[^\\u0000]*$' }
    case 'choice':
      return { type: 'string', enum: type.choices }
    case 'number':
      return type.integer ? { type: 'integer', ...exactIntegers } : { type: 'number' }
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
    case 'date-time':
      return { type: 'string', format: type.kind }
    default:
      return { type: 'string', format: type.kind, pattern: jsonForms[type.kind].pattern }
  }
}

/** Schema of one value in a list. Quotes around a text do not count towards its length. */
export const itemSchema = (type: FilterType): Schema =>
  type.kind === 'string'
    ? { type: 'string', maxLength: 2 * limits.filterValueLengthMax + 2, pattern: listTextPattern }
    : valueSchema(type)

/** A plain text or a quoted one ({@link ../text-list.ts}), with the maximum length of a filter's value. */
const listTextPattern = `^([^,"\\\\\\s\\u0000]([^,"\\\\\\u0000]{0,${limits.filterValueLengthMax - 2}}[^,"\\\\\\s\\u0000])?|"([^"\\\\\\u0000]|\\\\["\\\\]){0,${limits.filterValueLengthMax}}")$`
