import type { FilterType } from '../filter-type.ts'
import { everyKind } from './one-value.ts'
import type { Operand, Operator } from './operator.ts'

/**
 * `field[exists]=true`: the optional field has a value. It compares with the least value of the type, which every index
 * answers and null does not satisfy. There is no `false`: DocumentDB would scan the collection for missing fields.
 */
export const exists: Operator = {
  kinds: everyKind,
  ofOptional: true,
  parse: (type, text) =>
    text === 'true'
      ? { value: leastOf(type), texts: [text] }
      : { detail: 'Must be true: no index finds documents without a field.' },
  condition: (path, value) => ({ [path]: Array.isArray(value) ? { $in: value } : { $gte: value } }),
  describe: () => 'Has a value.',
  parameter: () => ({ schema: { type: 'boolean', enum: [true] } }),
}

function leastOf({ kind }: FilterType): Operand {
  if (kind === 'boolean') return [false, true]
  return kind === 'number' ? -Number.MAX_VALUE : ''
}
