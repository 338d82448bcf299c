import { outputSchema } from '../body.ts'
import type { View } from '../catalogue.ts'
import { expansionsOf } from '../expand.ts'
import { limits } from '../limits.ts'
import { nearParameter, pointField } from '../near.ts'
import { queryFields } from '../query-fields.ts'
import { relevance } from '../relevance.ts'
import type { Operation } from '../route.ts'
import { isSearchable, searchParameter } from '../search.ts'
import { textListRule } from '../text-list.ts'
import { changesParameters } from './changes.ts'
import { describeFilter } from './filters.ts'
import { historyParameters } from './history.ts'
import { type Json, ref } from './json.ts'

export function describeParameters(view: View, operation: Operation): Json[] {
  switch (operation) {
    case 'list':
      return [
        ...queryFields(view, 'filter').flatMap((field) => describeFilter(view, field)),
        ...alternativesParameter(view),
        ...(isSearchable(view.resource) ? [searchParameter] : []),
        ...(pointField(view.resource) === undefined ? [] : [nearParameter]),
        ...listParameters(view),
        ref('parameters', 'ifNoneMatch'),
      ]
    case 'changes':
      return changesParameters
    case 'read':
      return [fieldsParameter(view), ...expandParameter(view), ref('parameters', 'ifNoneMatch')]
    case 'history':
      return historyParameters
    case 'create':
    case 'batchCreate':
      return [ref('parameters', 'idempotencyKey')]
    default:
      return [ref('parameters', view.resource.requireIfMatch ? 'ifMatchRequired' : 'ifMatch')]
  }
}

function alternativesParameter(view: View): Json[] {
  if (queryFields(view, 'filter').length === 0) return []
  const description = `Filters in parentheses, separated by commas, of which at least one must hold: at most ${limits.alternativesMax}, each written as in a query string. ${textListRule}`
  return [{ name: 'or', in: 'query', description, schema: { type: 'string', pattern: '^\\(.+\\)$' } }]
}

function listParameters(view: View): Json[] {
  const fields = queryFields(view, 'sort').flatMap(({ name }) => [name, `-${name}`])
  const isScored = isSearchable(view.resource)
  const sortable = isScored ? [...fields, relevance] : fields
  const ofScore = isScored ? ` \`${relevance}\`, alone and with \`search\`: the best hits first.` : ''
  const { pageSize, countMax } = view.resource.query
  return [
    {
      name: 'sort',
      in: 'query',
      description: `Fields to sort by, \`-\` for descending. Ties are broken by id.${ofScore}`,
      style: 'form',
      explode: false,
      schema: {
        type: 'array',
        minItems: 1,
        maxItems: limits.sortFieldsMax,
        uniqueItems: true,
        items: { type: 'string', enum: sortable },
      },
    },
    fieldsParameter(view),
    ...expandParameter(view),
    {
      name: 'limit',
      in: 'query',
      description: 'Documents on a page.',
      schema: { type: 'integer', minimum: 1, maximum: pageSize.max, default: pageSize.default },
    },
    ...(countMax > 0 ? [countParameter(countMax)] : []),
    ref('parameters', 'cursor'),
  ]
}

const countParameter = (countMax: number): Json => ({
  name: 'count',
  in: 'query',
  description: `Asks for the number of all documents of the list, exact up to ${countMax}.`,
  schema: { type: 'boolean', enum: [true] },
})

function expandParameter(view: View): Json[] {
  const names = expansionsOf(view).map(({ name }) => name)
  if (names.length === 0) return []
  return [
    {
      name: 'expand',
      in: 'query',
      description: 'References whose documents are sent, too, in `expanded`.',
      style: 'form',
      explode: false,
      schema: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: names } },
    },
  ]
}

function fieldsParameter({ representation }: View): Json {
  const names = Object.keys(outputSchema(representation).properties)
  return {
    name: 'fields',
    in: 'query',
    description:
      'Fields to send; `id` is always among them. The answer lacks the others, even those that its schema requires.',
    style: 'form',
    explode: false,
    schema: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: names } },
  }
}
