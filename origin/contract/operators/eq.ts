import { comparison, everyKind, oneOf } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field=value`: the field has the value. The only operator without a word. */
export const eq: Operator = {
  ...comparison('Equal to', everyKind, '$eq'),
  onlyValues: (value) => [oneOf(value)],
}
