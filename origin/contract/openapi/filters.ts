import { exactIntegers } from '../exact-number.ts'
import { describeFilterType, type FilterType, operatorsOf } from '../filter-type.ts'
import { limits } from '../limits.ts'
import { textListRule } from '../text-list.ts'
import type { Json } from './json.ts'

/** One parameter for each operator of a filter. */
export function describeFilter({ name, type }: { name: string; type: FilterType }): Json[] {
  return operatorsOf(type).map((operator) => ({
    name: operator === 'eq' ? name : `${name}[${operator}]`,
    in: 'query',
    description: `${operatorWords[operator]} ${describeFilterType(type)}.${operator === 'in' && type.kind === 'string' ? ` ${textListRule}` : ''}`,
    ...(operator === 'in'
      ? {
          style: 'form',
          explode: false,
          schema: {
            type: 'array',
            minItems: 1,
            maxItems: limits.inValuesMax,
            items: filterSchema(type, true),
          },
        }
      : { schema: filterSchema(type, false) }),
  }))
}

const operatorWords = {
  eq: 'Equal to',
  in: 'Any of',
  gt: 'More than',
  gte: 'At least',
  lt: 'Less than',
  lte: 'At most',
}

/** A bare text or a quoted one ({@link ./text-list.ts}), of at most as many characters as a filter's value has. */
const listTextPattern = `^([^,"\\\\\\s\\u0000]([^,"\\\\\\u0000]{0,${limits.filterValueLengthMax - 2}}[^,"\\\\\\s\\u0000])?|"([^"\\\\\\u0000]|\\\\["\\\\]){0,${limits.filterValueLengthMax}}")$`

function filterSchema(type: FilterType, inList: boolean): Json {
  switch (type.kind) {
    case 'string':
      // No text holds NUL. An item of a list that needs quotes is sent with them, and they are no part of its length.
      return inList
        ? { type: 'string', maxLength: 2 * limits.filterValueLengthMax + 2, pattern: listTextPattern }
        : { type: 'string', maxLength: limits.filterValueLengthMax, pattern: '^[^\\u0000]*$' }
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
