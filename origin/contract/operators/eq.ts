import { comparison, oneOf } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field=value`: the field has the value. The only operator without a word. */
export const eq: Operator = {
  ...comparison('Equal to', ['string', 'choice', 'number', 'boolean', 'date', 'date-time'], '$eq'),
  onlyValues: (value) => [oneOf(value)],
}
