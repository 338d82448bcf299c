import { formatListText } from '../contract/text-list.ts'

/** A single value of a field, as a query string can name it. */
export type FilterValue = string | number | boolean

/** Conditions on one field: a value, or values by the words of the operators. */
export type FieldFilter =
  | FilterValue
  | {
      readonly ne?: FilterValue
      readonly in?: readonly FilterValue[]
      readonly gt?: FilterValue
      readonly gte?: FilterValue
      readonly lt?: FilterValue
      readonly lte?: FilterValue
      readonly prefix?: string
      readonly contains?: FilterValue
      readonly exists?: true
    }

/** Conditions by field. All of them must hold. */
export type FilterOf = { readonly [field: string]: FieldFilter | undefined }

/** Parts of a list's query string, beside those of a page. */
export interface ListParts {
  readonly filter?: FilterOf | undefined
  /** Filters of which at least one must hold, too. */
  readonly or?: readonly FilterOf[] | undefined
  /** Words of which a document must have at least one. */
  readonly search?: string | undefined
  /** Documents within a distance, the nearest first. */
  readonly near?:
    | { readonly latitude: number; readonly longitude: number; readonly metres: number }
    | undefined
  readonly sort?: string | readonly string[] | undefined
  readonly fields?: readonly string[] | undefined
  readonly expand?: readonly string[] | undefined
  readonly count?: boolean | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** The query string, with `?` unless it is empty. Absent options are left out, so that equal lists have equal URLs. */
export function queryString(parameters: readonly (readonly [string, string])[]): string {
  // The cast: nobody changes the array.
  const text = new URLSearchParams(parameters as [string, string][]).toString()
  return text === '' ? '' : `?${text}`
}

/** Parameters of a list. */
export function listParameters(parts: ListParts): readonly (readonly [string, string])[] {
  const { filter = {}, or, search, near, sort, fields, expand, count, limit, cursor } = parts
  const parameters: (readonly [string, string])[] = [...filterParameters(filter)]
  if (or !== undefined) parameters.push(['or', alternatives(or)])
  if (search !== undefined) parameters.push(['search', search])
  if (near !== undefined) parameters.push(['near', `${near.latitude},${near.longitude},${near.metres}`])
  if (sort !== undefined) parameters.push(['sort', [sort].flat().join(',')])
  if (fields !== undefined) parameters.push(['fields', fields.join(',')])
  if (expand !== undefined) parameters.push(['expand', expand.join(',')])
  if (count === true) parameters.push(['count', 'true'])
  if (limit !== undefined) parameters.push(['limit', String(limit)])
  if (cursor !== undefined) parameters.push(['cursor', cursor])
  return parameters
}

function* filterParameters(filter: FilterOf): Generator<readonly [string, string]> {
  for (const [field, condition] of Object.entries(filter)) {
    if (condition === undefined) continue
    if (typeof condition !== 'object') {
      yield [field, String(condition)]
      continue
    }
    for (const [word, value] of Object.entries(condition)) {
      if (value !== undefined)
        yield [
          `${field}[${word}]`,
          Array.isArray(value) ? value.map((one) => formatListText(String(one))).join(',') : String(value),
        ]
    }
  }
}

/** Each filter stands as in a query string. One with several conditions is none: the API has one level of alternatives. */
function alternatives(filters: readonly FilterOf[]): string {
  const texts = filters.map((filter) => {
    const conditions = [...filterParameters(filter)]
    const [only] = conditions
    if (only === undefined || conditions.length > 1) {
      throw new TypeError('Each filter of `or` must have exactly one condition.')
    }
    return formatListText(`${only[0]}=${only[1]}`)
  })
  return `(${texts.join(',')})`
}
