import type { FilterType } from '../filter-type.ts'
import { operators, operatorsOf, parameterOf } from '../operators/index.ts'
import type { Json } from './json.ts'

/** One parameter for each operator of a filter. */
export function describeFilter({ name, type }: { name: string; type: FilterType }): Json[] {
  return operatorsOf(type).map((operator) => ({
    name: parameterOf(name, operator),
    in: 'query',
    description: operators[operator].describe(type),
    ...operators[operator].parameter(type),
  }))
}
