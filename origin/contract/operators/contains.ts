import { describeFilterType } from '../filter-type.ts'
import { comparison, everyKind, oneOf } from './one-value.ts'
import type { Operator } from './operator.ts'

/**
 * `field[contains]=value`: the array has the value among its elements. Not for parts of a text, which no index finds: a
 * text index finds words, and `prefix` beginnings.
 */
export const contains: Operator = {
  // An array equals each of its elements.
  ...comparison('Has an element', everyKind, '$eq'),
  ofArrays: true,
  onlyValues: (value) => [oneOf(value)],
  describe: (type) => `Has this element: ${describeFilterType(type)}.`,
}
