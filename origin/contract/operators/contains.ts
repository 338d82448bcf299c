import { describeFilterType } from '../filter-type.ts'
import { comparison, everyKind, oneOf } from './one-value.ts'
import type { Operator } from './operator.ts'

/**
 * `field[contains]=value`: the array contains the value. Does not search within texts, because no index finds a
 * substring: `search` finds words, and `prefix` beginnings.
 */
export const contains: Operator = {
  // An array equals each of its elements.
  ...comparison('Has an element', everyKind, '$eq'),
  ofArrays: true,
  onlyValues: (value) => [oneOf(value)],
  describe: (type) => `Has this element: ${describeFilterType(type)}.`,
}
