import { comparison, ordered } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field[gte]=value`: the field has the value, or a greater one. */
export const gte: Operator = comparison('At least', ordered, '$gte')
