import { comparison, ordered } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field[gt]=value`: the field has a greater value. */
export const gt: Operator = comparison('More than', ordered, '$gt')
