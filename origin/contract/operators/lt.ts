import { comparison, ordered } from './one-value.ts'
import type { Operator } from './operator.ts'

/** `field[lt]=value`: the field has a lesser value. */
export const lt: Operator = comparison('Less than', ordered, '$lt')
