import { comparison, ordered } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field[lte]=value`: the field has the value, or a lesser one. */
export const lte: Operator = comparison('At most', ordered, '$lte')
