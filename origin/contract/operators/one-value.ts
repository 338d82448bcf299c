import type { CursorValue } from '../cursor.ts'
import { describeFilterType, type FilterType, parseFilterValue } from '../filter-type.ts'
import { limits } from '../limits.ts'
import type { Operand, Operator } from './operator.ts'
import { valueSchema } from './value-schema.ts'

/** An operator that compares with one value of the field's type. */
export function comparison(
  meaning: string,
  kinds: Operator['kinds'],
  databaseOperator: string,
): Omit<Operator, 'onlyValues'> {
  return {
    kinds,
    parse(type, text) {
      const value = parseValue(type, text)
      return typeof value === 'object' ? value : { value, texts: [String(value)] }
    },
    condition: (path, value) => ({ [path]: { [databaseOperator]: value } }),
    describe: (type) => `${meaning} ${describeFilterType(type)}.`,
    parameter: (type) => ({ schema: valueSchema(type) }),
  }
}

/** Types whose stored order is the natural one. */
export const ordered = ['number', 'date', 'date-time', 'decimal', 'int64'] as const

/** Types with more than two values. */
export const manyValued = ['string', 'choice', 'object-id', 'uuid', ...ordered] as const

/** Every type that a filter can have. */
export const everyKind = [...manyValued, 'boolean'] as const

/** Parses a value from a caller's text. */
export function parseValue(type: FilterType, text: string): CursorValue | { readonly detail: string } {
  if (isLongerThan(text, limits.filterValueLengthMax)) {
    return { detail: `Value too long: at most ${limits.filterValueLengthMax} characters.` }
  }
  return parseFilterValue(type, text) ?? { detail: `Must be ${describeFilterType(type)}.` }
}

/** The cast is safe: {@link parseValue} has made the operand. */
export const oneOf = (value: Operand): CursorValue => value as CursorValue

/** Lengths are counted in characters, as JSON Schema's `maxLength` counts them (§6.3.1), not in UTF-16 units. */
function isLongerThan(text: string, max: number): boolean {
  return text.length > max && (text.length > max * 2 || [...text].length > max)
}
