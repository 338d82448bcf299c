import { operators, operatorsOf, parameterOf } from '../operators/index.ts'
import type { QueryField } from '../query-fields.ts'
import type { Json } from './json.ts'

/** One parameter per operator of a filter. */
export function describeFilter(field: QueryField): Json[] {
  const { name, type } = field
  return operatorsOf(field).map((operator) => ({
    name: parameterOf(name, operator),
    in: 'query',
    description: operators[operator].describe(type),
    ...operators[operator].parameter(type),
  }))
}
