import type { View } from '../catalogue.ts'
import { operators, operatorsOf, parameterOf } from '../operators/index.ts'
import type { QueryField } from '../query-fields.ts'
import { isShownToAll } from './field-rules.ts'
import type { Json } from './json.ts'

/** One parameter per operator of a filter. */
export function describeFilter(view: View, field: QueryField): Json[] {
  const { name, type } = field
  const [root = ''] = name.split('.')
  const onlyShown = isShownToAll(view, root) ? '' : ' For callers who may read the field of every document.'
  return operatorsOf(field).map((operator) => ({
    name: parameterOf(name, operator),
    in: 'query',
    description: operators[operator].describe(type) + onlyShown,
    ...operators[operator].parameter(type),
  }))
}
