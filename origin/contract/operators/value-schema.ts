import { exactIntegers } from '../exact-number.ts'
import type { FilterType } from '../filter-type.ts'
import { limits } from '../limits.ts'

type Schema = Readonly<Record<string, unknown>>

/** Schema of one value in a query string. */
export function valueSchema(type: FilterType): Schema {
  switch (type.kind) {
    case 'string':
      // No text holds NUL.
      return { type: 'string', maxLength: limits.filterValueLengthMax, pattern: '^[^\\u0000]*$' }
    case 'choice':
      return { type: 'string', enum: type.choices }
    case 'number':
      return type.integer ? { type: 'integer', ...exactIntegers } : { type: 'number' }
    case 'boolean':
      return { type: 'boolean' }
    default:
      return { type: 'string', format: type.kind }
  }
}

/** Schema of one value in a list. A text that needs quotes is sent with them, and they are no part of its length. */
export const itemSchema = (type: FilterType): Schema =>
  type.kind === 'string'
    ? { type: 'string', maxLength: 2 * limits.filterValueLengthMax + 2, pattern: listTextPattern }
    : valueSchema(type)

/** A bare text or a quoted one ({@link ../text-list.ts}), of at most as many characters as a filter's value has. */
const listTextPattern = `^([^,"\\\\\\s\\u0000]([^,"\\\\\\u0000]{0,${limits.filterValueLengthMax - 2}}[^,"\\\\\\s\\u0000])?|"([^"\\\\\\u0000]|\\\\["\\\\]){0,${limits.filterValueLengthMax}}")$`
