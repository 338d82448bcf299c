import type { View } from './catalogue.ts'
import { parseCount } from './count.ts'
import { type CursorValue, decodeCursor, type OrderedList, type SortField } from './cursor.ts'
import { type Expansion, expansionsOf, parseExpand } from './expand.ts'
import { parseAlternatives, parseFilter, quote } from './filter.ts'
import { comparableAt } from './filter-type.ts'
import { limits } from './limits.ts'
import { distancePath, formatNear, type Near, parseNear, pointField } from './near.ts'
import { oncePerView } from './once-per-view.ts'
import type { Filter } from './operators/index.ts'
import type { FieldError, Problem } from './problem.ts'
import { type QueryField, queryFields } from './query-fields.ts'
import { byRelevance, relevance } from './relevance.ts'
import { systemFields } from './resource.ts'
import { isSearchable, parseSearch } from './search.ts'

/** A parsed list request, with stored field names. */
export interface ListQuery extends OrderedList {
  /** All of them must hold. */
  readonly filters: readonly Filter[]
  /** Filters of which at least one must hold in addition to the others; `undefined` without `or`. */
  readonly alternatives: readonly Filter[] | undefined
  /** Words of which a searched text must have at least one; `undefined` without `search`. */
  readonly search: readonly string[] | undefined
  /** The place near which documents are listed, by distance; `undefined` without `near`. */
  readonly near: Near | undefined
  /** Fields to send, by the version's names, including `id`; `undefined` for all. */
  readonly fields: readonly string[] | undefined
  readonly limit: number
  /** Present if the list must be counted. */
  readonly counts?: true
  /** Present if references must be expanded. */
  readonly expand?: readonly Expansion[]
  /** Present in lists of server code: what one reply of the database does not hold, 16 MiB, is refused. */
  readonly inOneReply?: true
  /** Sort values of the previous page's last document, after which this page starts. */
  readonly after: readonly CursorValue[] | undefined
  /** Canonical text of the query without the cursor: equal for equal queries, and safe in a URL. */
  readonly canonical: string
  /** The cursor as sent, for keys and links. */
  readonly cursor: string | undefined
}

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

/**
 * Parses the query string of a list: `field=value`, `field[op]=value` with a word of {@link operators},
 * `or=(filter,filter)`, `search=words`, `near=place`, `sort=a,-b`, `fields=a,b`, `limit=n`, `count=true`, `expand=a,b`,
 * `cursor=…`. Refuses unknown parameters, so that none poisons or dilutes the cache, and duplicate ones.
 *
 * @param queryString as sent, with or without `?`
 * @param fieldOrder order of the selected fields. @default sorted: equal selections have one cache key
 */
export function parseListQuery(
  view: View,
  queryString: string,
  fieldOrder: FieldOrder = sortedFields,
): Parsed<ListQuery> {
  const parameters = sentParameters(queryString)
  if (!parameters.ok) return parameters
  const errors: FieldError[] = []
  const filters: Filter[] = []
  const filterTexts: string[] = []
  const taken = new Map<string, string>()
  const reserved = reservedParameters(view)
  for (const [name, text] of parameters.value) {
    if (reserved.includes(name)) {
      taken.set(name, text)
      continue
    }
    const parsed = parseFilter(view, [name, text], reserved)
    if ('detail' in parsed) errors.push({ parameter: quote(name), detail: parsed.detail })
    else {
      filters.push(parsed.filter)
      filterTexts.push(`${encodeURIComponent(parsed.name)}=${parsed.texts.map(encodeURIComponent).join(',')}`)
    }
  }
  const alternatives = readWith((text) => parseAlternatives(view, text), 'or', { taken, errors })
  if (alternatives !== undefined) filterTexts.push(`or=${encodeURIComponent(alternatives.text)}`)
  const search = readWith(parseSearch, 'search', { taken, errors })
  if (search !== undefined) filterTexts.push(`search=${encodeURIComponent(search.join(' '))}`)
  const near = readWith(parseNear, 'near', { taken, errors })
  if (near !== undefined) filterTexts.push(`near=${encodeURIComponent(formatNear(near))}`)
  for (const other of near === undefined ? [] : ['sort', 'search', 'count']) {
    if (taken.has(other))
      errors.push({ parameter: other, detail: 'Cannot be combined with near, which sorts by distance.' })
  }
  const sort =
    near !== undefined
      ? byDistance
      : search !== undefined && taken.get('sort') === relevance
        ? byRelevance
        : sortOf(view, taken.get('sort'), errors)
  const asked = parseFields(view, taken.get('fields'), errors)
  const fields = asked && fieldOrder(asked)
  const limit = parseLimit(view, taken.get('limit'), errors)
  const counts = parseCount(taken.get('count'), errors)
  const expand = parseExpand(view, taken.get('expand'), limit, errors)
  if (errors.length > 0) return { ok: false, problem: invalidQuery(errors) }
  const texts = filterTexts.sort()
  if (counts) texts.push('count=true')
  if (expand.length > 0) texts.push(expandText(expand))
  if (fields !== undefined) texts.push(`fields=${fields.join(',')}`)
  texts.push(`limit=${limit}`)
  if (near === undefined) texts.push(`sort=${sort.canonical}`)
  const canonical = texts.join('&')
  if (canonical.length > limits.listQueryLengthMax) return refuse('query', tooLongForPages)
  const cursor = taken.get('cursor')
  const query = {
    ...(counts && { counts }),
    ...(expand.length > 0 && { expand }),
    filters,
    alternatives: alternatives?.filters,
    search,
    near,
    sort: sort.fields,
    fields,
    limit,
    canonical,
    cursor,
  }
  if (cursor === undefined) return { ok: true, value: { ...query, after: undefined } }
  const after = decodeCursor(cursor, view, query)
  if (after !== undefined) return { ok: true, value: { ...query, after } }
  const detail =
    'Not a cursor of this list. Use one as it was returned, with the same path, filters and sort, or start again without a cursor.'
  return { ok: false, problem: { code: 'invalid-cursor', detail, errors: [{ parameter: 'cursor', detail }] } }
}

/** A parsed request for one document. */
export interface ReadQuery {
  readonly fields: readonly string[] | undefined
  /** Present if references must be expanded. */
  readonly expand?: readonly Expansion[]
  readonly canonical: string
}

/** Parses the query string of a read: `fields`, and `expand` if the view has references to expand. */
export function parseReadQuery(view: View, search: string): Parsed<ReadQuery> {
  // perf: most reads have no query, and parsing none took a fiftieth of a missed one.
  if (search === '') return wholeDocument
  const parameters = sentParameters(search)
  if (!parameters.ok) return parameters
  const errors: FieldError[] = []
  const known = ['fields', ...(expansionsOf(view).length > 0 ? ['expand'] : [])]
  for (const [name] of parameters.value) {
    if (!known.includes(name))
      errors.push({
        parameter: quote(name),
        detail: `Unknown parameter. Supported: ${known.join(', ')}.`,
      })
  }
  const asked = parseFields(view, parameters.value.get('fields'), errors)
  const fields = asked && sortedFields(asked)
  const expand = known.includes('expand') ? parseExpand(view, parameters.value.get('expand'), 1, errors) : []
  if (errors.length > 0) return { ok: false, problem: invalidQuery(errors) }
  const texts: string[] = []
  if (expand.length > 0) texts.push(expandText(expand))
  if (fields !== undefined) texts.push(`fields=${fields.join(',')}`)
  return { ok: true, value: { fields, ...(expand.length > 0 && { expand }), canonical: texts.join('&') } }
}

const wholeDocument: Parsed<ReadQuery> = { ok: true, value: { fields: undefined, canonical: '' } }

const expandText = (expand: readonly Expansion[]): string =>
  `expand=${expand.map(({ name }) => name).join(',')}`

/** Parses the query string of a write, which must have no parameters. */
export function parseWriteQuery(search: string): Parsed<undefined> {
  const parameters = sentParameters(search)
  if (!parameters.ok) return parameters
  const errors = [...parameters.value.keys()].map((name) => ({
    parameter: quote(name),
    detail: 'Unknown parameter. Writes take no query parameters.',
  }))
  return errors.length > 0 ? { ok: false, problem: invalidQuery(errors) } : { ok: true, value: undefined }
}

const tooLongForPages = `Query too long: at most ${limits.listQueryLengthMax} characters in canonical form.`

/** Parameters of a view's lists other than filters. */
export const reservedParameters = oncePerView((view): readonly string[] => [
  ...(queryFields(view, 'filter').length > 0 ? ['or'] : []),
  ...(isSearchable(view.resource) ? ['search'] : []),
  ...(pointField(view.resource) === undefined ? [] : ['near']),
  ...['sort', 'fields', 'limit', 'cursor'],
  ...(view.resource.query.countMax > 0 ? ['count'] : []),
  ...(expansionsOf(view).length > 0 ? ['expand'] : []),
])

export const invalidQuery = (errors: readonly FieldError[]): Problem => ({
  code: 'invalid-query',
  detail: errors
    .map((error) => ('parameter' in error ? `${error.parameter}: ${error.detail}` : error.detail))
    .join(' '),
  errors,
})

/** Parameters of a query string, by name. */
export function sentParameters(search: string): Parsed<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>()
  const text = search.startsWith('?') ? search.slice(1) : search
  // perf: splits off only one part more than the maximum, even of thousands of separators.
  const parts = (text.includes('&&') ? text.replace(/&+/g, '&') : text)
    .split('&', limits.queryParametersMax + 2)
    .filter((part) => part !== '')
  if (parts.length > limits.queryParametersMax) {
    return refuse('query', `Too many parameters: at most ${limits.queryParametersMax}.`)
  }
  for (const part of parts) {
    const split = part.indexOf('=')
    const name = decode(split === -1 ? part : part.slice(0, split))
    const value = decode(split === -1 ? '' : part.slice(split + 1))
    if (name === undefined || value === undefined)
      return refuse(quote(part), 'Must be percent-encoded UTF-8 without NUL.')
    if (parameters.has(name)) return refuse(quote(name), 'Duplicate parameter.')
    parameters.set(name, value)
  }
  return { ok: true, value: parameters }
}

export const refuseParameters = (errors: readonly FieldError[]): Parsed<never> => ({
  ok: false,
  problem: invalidQuery(errors),
})

const refuse = (parameter: string, detail: string): Parsed<never> => refuseParameters([{ parameter, detail }])

function decode(text: string): string | undefined {
  try {
    // perf: a regular expression replaces thousands of characters in one pass; `replaceAll` concatenates piece by
    // piece.
    const spaced = text.includes('+') ? text.replace(/\+/g, ' ') : text
    const decoded = spaced.includes('%') ? decodeURIComponent(spaced) : spaced
    // Lone surrogates and NUL have no use in a query, and cause trouble in logs and stores.
    return decoded.includes('\0') || !decoded.isWellFormed() ? undefined : decoded
  } catch {
    return undefined
  }
}

export const byDistance: Sort = {
  fields: [
    { path: distancePath, descending: false, type: { kind: 'number', integer: false } },
    { path: '_id', descending: false, type: { kind: 'string' } },
  ],
  canonical: '',
}

/** Parses a parameter if it is present; adds its mistake to the errors. */
function readWith<Value extends object>(
  parse: (text: string) => Value | { readonly detail: string },
  parameter: string,
  { taken, errors }: { readonly taken: ReadonlyMap<string, string>; readonly errors: FieldError[] },
): Value | undefined {
  const text = taken.get(parameter)
  if (text === undefined) return undefined
  const value = parse(text)
  if (!('detail' in value)) return value
  // The cast is safe: only a mistake has a `detail`.
  errors.push({ parameter, detail: (value as { detail: string }).detail })
  return undefined
}

/** The order of a list without `sort`. */
const defaultSortOf = oncePerView((view) => parseSort(view, view.resource.query.defaultSort, []))

const sortOf = (view: View, text: string | undefined, errors: FieldError[]): Sort =>
  text === undefined ? defaultSortOf(view) : parseSort(view, text, errors)

interface Sort {
  readonly fields: readonly SortField[]
  readonly canonical: string
}

function parseSort(view: View, text: string, errors: FieldError[]): Sort {
  const known = queryFields(view, 'sort')
  // Translates the default sort, which has stored names. A caller's sort has the version's names.
  const isDefault = text === view.resource.query.defaultSort
  const fields: SortField[] = []
  const names: string[] = []
  // Checks one item more than the maximum: the rest of a longer list would only add mistakes.
  for (const item of text.split(',').slice(0, limits.sortFieldsMax + 1)) {
    const descending = item.startsWith('-')
    const name = descending ? item.slice(1) : item
    const field =
      known.find((candidate) => candidate.name === name) ??
      (isDefault ? storedSortField(view, name) : undefined)
    if (field === undefined) {
      const names = known.map((candidate) => candidate.name).join(', ')
      const withSearch = isSearchable(view.resource) ? `; ${relevance} alone, with search` : ''
      const detail = `Unknown sort field. Supported: ${names}, with - for descending${withSearch}.`
      errors.push({ parameter: 'sort', detail })
    } else if (fields.some(({ path }) => path === field.path)) {
      errors.push({ parameter: 'sort', detail: `Duplicate field '${name}'.` })
    } else {
      fields.push({ path: field.path, descending, type: field.type })
      names.push(item)
    }
  }
  if (fields.length > limits.sortFieldsMax) {
    errors.push({ parameter: 'sort', detail: `Too many sort fields: at most ${limits.sortFieldsMax}.` })
  }
  const last = fields.at(-1)
  if (last !== undefined && !fields.some(({ path }) => path === '_id')) {
    fields.push({ path: '_id', descending: last.descending, type: { kind: 'string' } })
  }
  return { fields, canonical: names.join(',') }
}

function storedSortField({ resource }: View, path: string): Pick<QueryField, 'path' | 'type'> | undefined {
  const field = comparableAt(resource.schema, path)
  return field && { path, type: field.type }
}

type FieldOrder = (asked: ReadonlySet<string>) => readonly string[]

const sortedFields: FieldOrder = (asked) => [...asked].sort()

/** Fields as asked for. `id` is always among them, and comes first where it is not asked for. */
function parseFields(
  { representation }: View,
  text: string | undefined,
  errors: FieldError[],
): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined
  const known = new Set([...Object.keys(systemFields), ...Object.keys(representation.schema.properties)])
  const asked = new Set<string>()
  // Checks one name more than there are fields: of these one must be unknown or duplicate, so the answer stays short.
  for (const name of text.split(',').slice(0, known.size + 1)) {
    if (asked.has(name)) errors.push({ parameter: 'fields', detail: `Duplicate field '${quote(name)}'.` })
    asked.add(name)
    if (!known.has(name)) {
      errors.push({
        parameter: 'fields',
        detail: `Unknown field '${quote(name)}'. Supported: ${[...known].join(', ')}.`,
      })
    }
  }
  return asked.has('id') ? asked : new Set(['id', ...asked])
}

function parseLimit({ resource }: View, text: string | undefined, errors: FieldError[]): number {
  const { pageSize } = resource.query
  if (text === undefined) return pageSize.default
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > pageSize.max) {
    errors.push({ parameter: 'limit', detail: `Must be an integer from 1 to ${pageSize.max}.` })
  }
  return limit
}
