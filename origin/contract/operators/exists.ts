import type { FilterType } from '../filter-type.ts'
import { everyKind } from './one-value.ts'
import type { Operand, Operator } from './operator.ts'

/**
 * `field[exists]=true`: the optional field has a value. Asked by the least value of its type, which every index answers and null
 * does not satisfy. There is no `false`: DocumentDB finds what is missing by looking at every document.
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
