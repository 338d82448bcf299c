import {
  type CursorValue,
  type Filter,
  type ListQuery,
  nearStage,
  operators,
  type Residual,
  type Resource,
  residualFilter,
  type SortField,
  scoredStages,
  scorePath,
  searchCondition,
} from '@spillway/origin/contract'
import type { Listing } from './listing.ts'

type Condition = Readonly<Record<string, unknown>>

/**
 * Translates a list query to a database query for one document more than a page holds, which tells whether there is a
 * next page. Values come from the contract's parser, which yields strings, numbers and booleans only, and stand under a
 * fixed operator: text of a caller is never read as an operator.
 */
export function planList(resource: Resource, query: ListQuery, residual: Residual | undefined): Listing {
  const conditions: Condition[] = [{ _v: { $gt: 0 } }]
  const sparse = sparseFields(resource)
  const narrowed = residual === undefined ? [] : residualFilter(residual, sparse)
  conditions.push(...narrowed)
  for (const filter of query.filters) conditions.push(...conditionsOf(filter, sparse))
  if (query.search !== undefined) conditions.push(searchCondition(query.search))
  if (query.alternatives !== undefined) {
    // Adds the owner's condition to each alternative, which has an index of its own: where lists are narrowed to one
    // owner, that index begins with the owner.
    const within = residual?.alternatives.length === 1 ? narrowed : []
    conditions.push({
      $or: query.alternatives.map((filter) => ({ $and: [...within, ...conditionsOf(filter, sparse)] })),
    })
  }
  const sort = Object.fromEntries(query.sort.map(({ path, descending }) => [path, descending ? -1 : 1]))
  const limit = query.limit + 1
  const bounds = { limit, ...(query.inOneReply && { inOneReply: query.inOneReply }) }
  const continued = query.after === undefined ? [] : after(query.sort, query.after)
  const first = computed(query, { $and: conditions })
  if (first === undefined) return { filter: { $and: [...conditions, ...continued] }, sort, ...bounds }
  // Compares the position of the page after the first stages, which compute the order.
  const onward = continued.length === 0 ? [] : [{ $match: { $and: continued } }]
  return {
    filter: { $and: conditions },
    sort,
    ...bounds,
    pipeline: [...first, ...onward, { $sort: sort }, { $limit: limit }],
  }
}

/** Stages that compute the values of the sort; `undefined` if they are stored. */
const computed = ({ near, sort: [first] }: ListQuery, filter: Condition): readonly Condition[] | undefined =>
  near !== undefined
    ? [nearStage(near, filter)]
    : first?.path === scorePath
      ? scoredStages(filter)
      : undefined

function conditionsOf({ path, operator, value }: Filter, sparse: ReadonlySet<string>): readonly Condition[] {
  const condition = operators[operator].condition(path, value)
  // DocumentDB uses a sparse index only if the query states that the field exists; the comparison implies it anyway.
  return sparse.has(path) ? [condition, { [path]: { $exists: true } }] : [condition]
}

/**
 * Keyset pagination ("We need tool support for keyset pagination", Winand): everything after a tuple of values in sort
 * order. Directions may differ, so the tuple comparison is spelled out: `a > x or (a = x and (b > y or (b = y and
 * ...)))`. The additional bound on the first field is implied; it gives every planner a start for its index scan.
 */
function after(sort: readonly SortField[], values: readonly CursorValue[]): Condition[] {
  const [first] = sort
  if (first === undefined) return []
  if (sort.length === 1) return [{ [first.path]: { [beyond(first)]: values[0] } }]
  const alternatives = sort.map((field, index) => ({
    ...Object.fromEntries(sort.slice(0, index).map(({ path }, before) => [path, { $eq: values[before] }])),
    [field.path]: { [beyond(field)]: values[index] },
  }))
  return [{ [first.path]: { [`${beyond(first)}e`]: values[0] } }, { $or: alternatives }]
}

const beyond = ({ descending }: SortField): '$lt' | '$gt' => (descending ? '$lt' : '$gt')

/** Fields that lead a sparse index. Every unique index is sparse, so that it contains no tombstones. */
function sparseFields({ indexes }: Resource): ReadonlySet<string> {
  return new Set(
    // The cast is safe: an index has at least one field.
    indexes.filter(({ unique }) => unique === true).map(({ fields }) => Object.keys(fields)[0] as string),
  )
}
