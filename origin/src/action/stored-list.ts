import {
  byDistance,
  byRelevance,
  type CursorValue,
  comparableAt,
  type FieldsOf,
  type Filter,
  type FilterOperator,
  formatListText,
  formatNear,
  isOrdered,
  isRequiredAt,
  isSearchable,
  type ListQuery,
  limits,
  type Near,
  operators,
  operatorsOf,
  parseNear,
  parseSearch,
  pointField,
  type Resource,
  relevance,
  type SortField,
} from '@spillway/origin/contract'
import type { FieldsWith } from './fields-with.ts'

/** Comparisons of one field; all must hold. */
type Comparisons<Value> = {
  readonly [Operator in Exclude<FilterOperator, 'in' | 'exists' | 'contains'>]?: Value
} & { readonly in?: readonly Value[]; readonly exists?: true }

/** Conditions by stored field; all must hold. Each is a value to equal, or an object of comparisons. */
export type ListFilter<On> = {
  readonly [Field in FieldsWith<FieldsOf<On>, CursorValue>]?:
    | FieldsOf<On>[Field]
    | Comparisons<NonNullable<FieldsOf<On>[Field]>>
} & {
  readonly [Field in FieldsWith<FieldsOf<On>, readonly CursorValue[]>]?: {
    readonly contains: NonNullable<FieldsOf<On>[Field]> extends readonly (infer Element)[] ? Element : never
  }
}

/** A list of server code, by stored fields. */
export interface ListOptions<On> {
  /**
   * At least one of its fields must lead an index. @default all documents; the sort must then be `id` or lead an index
   */
  readonly filter?: ListFilter<On>
  /** Filters of one condition each, of which at least one must hold, too: at most eight, each led by an index. */
  readonly or?: readonly ListFilter<On>[]
  /** Words in the texts of the resource's text index, of which at least one must be there. */
  readonly search?: string
  /**
   * Documents within a distance of a place, the nearest first; without `sort` and `search`. Needs a `2dsphere` index.
   */
  readonly near?: Near
  /**
   * `id` or a field of an index, with `-` for descending order; with `search` also `relevance`, for the best hits
   * first.
   *
   * @default 'id'
   */
  readonly sort?:
    | FieldsWith<FieldsOf<On>, CursorValue>
    | `-${FieldsWith<FieldsOf<On>, CursorValue>}`
    | 'id'
    | '-id'
    | 'relevance'
  /** Whether the commit also requires that each document found is unchanged since it was read. @default false */
  readonly unchanged?: boolean
}

/** Maximum documents per list of server code. */
const limitMax = 1_000

/**
 * Checks a list of server code and translates it to the query that lists of callers use.
 *
 * @throws {TypeError} with the mistake, which is a defect and answered 500
 */
export function storedList(
  resource: Resource,
  { filter = {}, or, search, near, sort }: Asked,
  limit: number,
): ListQuery {
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw new TypeError(`a list's limit must be an integer from 1 to ${limitMax}`)
  }
  const filters = Object.entries(filter).flatMap(([field, condition]) =>
    conditionsOn(resource, field, condition),
  )
  const alternatives = or && alternativesOf(resource, or)
  const isByRelevance = search !== undefined && sort === relevance
  const order = sortOf(resource, isByRelevance ? 'id' : (sort ?? 'id'))
  const fields = order.path === '_id' ? [order] : [order, { ...byId, descending: order.descending }]
  if (near !== undefined) {
    if (sort !== undefined || search !== undefined)
      throw new TypeError('near cannot be combined with sort or search')
    if (pointField(resource) === undefined) throw new TypeError(`'${resource.name}' has no '2dsphere' index`)
  } else if (search !== undefined) {
    if (!isSearchable(resource)) throw new TypeError(`'${resource.name}' has no text index`)
  } else if (alternatives === undefined || !alternatives.every(({ path }) => leads(resource, path))) {
    mustBeIndexed(resource, filters, order)
  }
  return {
    filters,
    alternatives,
    search: search === undefined ? undefined : parsed('search', parseSearch(search)),
    near: near && parsed('near', parseNear(formatNear(near))),
    sort: near !== undefined ? byDistance.fields : isByRelevance ? byRelevance.fields : fields,
    limit,
    inOneReply: true,
    fields: undefined,
    after: undefined,
    canonical: '',
    cursor: undefined,
  }
}

/** A list as server code asks for it, without the types of its fields. */
interface Asked {
  readonly filter?: object
  readonly or?: readonly object[]
  readonly search?: string
  readonly near?: Near
  readonly sort?: string
}

function alternativesOf(resource: Resource, or: readonly object[]): readonly Filter[] {
  if (or.length === 0 || or.length > limits.alternativesMax) {
    throw new TypeError(`or must have 1 to ${limits.alternativesMax} filters`)
  }
  return or.map((filter) => {
    const [condition, ...others] = Object.entries(filter).flatMap(([field, given]) =>
      conditionsOn(resource, field, given),
    )
    if (condition === undefined || others.length > 0) {
      throw new TypeError('each filter in or must have exactly one condition')
    }
    return condition
  })
}

function parsed<Value extends object>(option: string, value: Value | { readonly detail: string }): Value {
  if ('detail' in value) throw new TypeError(`${option}: ${value.detail}`)
  return value
}

function conditionsOn(resource: Resource, path: string, condition: unknown): readonly Filter[] {
  const field = comparableAt(resource.schema, path)
  if (field === undefined) throw notComparable(resource, path)
  const isPlain = typeof condition !== 'object' || condition === null
  const words = operatorsOf({ ...field, isRequired: isRequiredAt(resource.schema, path) })
  return Object.entries(isPlain ? { eq: condition } : condition).map(([word, given]) => {
    const operator = words.find((known) => known === word)
    if (operator === undefined) throw new TypeError(`'${path}' has no '${word}': use ${words.join(', ')}`)
    // Ignoring the condition would find more documents than intended.
    if (given === undefined || given === null)
      throw new TypeError(`'${path}' must not be compared with ${given}`)
    if (Array.isArray(given) && given.length === 0) return { path, operator, value: [] }
    // Parses the operand from its text, like a caller's: this checks it, and spells it as stored values are.
    const text = Array.isArray(given)
      ? given.map((one) => formatListText(String(one))).join(',')
      : String(given)
    const operand = operators[operator].parse(field.type, text)
    if ('detail' in operand) throw new TypeError(`'${path}': ${operand.detail}`)
    return { path, operator, value: operand.value }
  })
}

const notComparable = ({ name }: Resource, field: string): TypeError =>
  new TypeError(`'${name}' has no field '${field}' that can be compared`)

const byId: SortField = { path: '_id', descending: false, type: { kind: 'string' } }

function sortOf(resource: Resource, sort: string): SortField {
  const descending = sort.startsWith('-')
  const field = descending ? sort.slice(1) : sort
  if (field === 'id') return { ...byId, descending }
  const comparable = comparableAt(resource.schema, field)
  if (comparable === undefined || comparable.isArray) throw notComparable(resource, field)
  if (!resource.indexes.filter(isOrdered).some(({ fields }) => Object.hasOwn(fields, field))) {
    throw new TypeError(
      `no index of '${resource.name}' has '${field}', by which a list is sorted: add it to one`,
    )
  }
  return { path: field, descending, type: comparable.type }
}

/** Refuses a list without an index, which would read the whole collection even if it finds few documents. */
function mustBeIndexed(resource: Resource, filters: readonly Filter[], { path }: SortField): void {
  const asked = filters.length > 0 ? filters.map((one) => one.path) : [path]
  if (asked.some((field) => leads(resource, field))) return
  throw new TypeError(
    `no index of '${resource.name}' leads with ${asked.join(' or ')}: add { fields: { ${asked[0]}: 1 } } to its indexes`,
  )
}

const leads = ({ indexes }: Resource, path: string): boolean =>
  path === '_id' || indexes.filter(isOrdered).some(({ fields }) => Object.keys(fields)[0] === path)
