import type { Comparable } from '../filter-type.ts'
import { contains } from './contains.ts'
import { eq } from './eq.ts'
import { exists } from './exists.ts'
import { gt } from './gt.ts'
import { gte } from './gte.ts'
import { anyOf } from './in.ts'
import { lt } from './lt.ts'
import { lte } from './lte.ts'
import { ne } from './ne.ts'
import type { Operand, Operator } from './operator.ts'
import { prefix } from './prefix.ts'

export type { DatabaseCondition, Operand, Operator, ParsedOperand } from './operator.ts'

const table = { eq, ne, in: anyOf, gt, gte, lt, lte, prefix, contains, exists } as const

export type FilterOperator = keyof typeof table

/** Every operator, by its word in brackets; `eq` is written without. The order is that of the OpenAPI document. */
export const operators: Readonly<Record<FilterOperator, Operator>> = table

/** A condition on a stored field. */
export interface Filter {
  readonly path: string
  readonly operator: FilterOperator
  readonly value: Operand
}

/** The operators that compare a field, in the order of the table. */
export function operatorsOf({
  type,
  isArray,
  isRequired,
}: Comparable & { readonly isRequired: boolean }): readonly FilterOperator[] {
  // The cast is safe: the keys of the table are its words.
  return (Object.keys(operators) as FilterOperator[]).filter((word) => {
    const { kinds, ofArrays = false, ofOptional = false } = operators[word]
    return kinds.includes(type.kind) && ofArrays === isArray && !(ofOptional && isRequired)
  })
}

/** Name of the parameter that asks for a field by an operator. */
export const parameterOf = (field: string, operator: FilterOperator): string =>
  operator === 'eq' ? field : `${field}[${operator}]`
