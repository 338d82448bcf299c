import type { View } from './catalogue.ts'
import type { FieldError } from './problem.ts'
import {
  type ListQuery,
  type Parsed,
  parseListQuery,
  refuseParameters,
  reservedParameters,
  sentParameters,
} from './query.ts'

const ofPages = 'Leave it out: an export sends the whole list.'
const withoutIndex = 'Leave it out: an export reads its pages in the order of an index.'

/** Parameters of lists that an export refuses, each with the reason. */
const refused: Readonly<Record<string, string>> = {
  limit: ofPages,
  cursor: ofPages,
  count: ofPages,
  expand: ofPages,
  search: withoutIndex,
  near: withoutIndex,
}

/**
 * Parses the query string of an export: that of a list without page parameters, and without orders that have no index.
 * The fields keep the requested order, which is that of the columns.
 */
export function parseExportQuery(view: View, search: string): Parsed<ListQuery> {
  const sent = sentParameters(search)
  if (!sent.ok) return sent
  const errors = reservedParameters(view).flatMap((parameter): FieldError[] => {
    const detail = Object.hasOwn(refused, parameter) ? refused[parameter] : undefined
    return detail !== undefined && sent.value.has(parameter) ? [{ parameter, detail }] : []
  })
  return errors.length > 0 ? refuseParameters(errors) : parseListQuery(view, search, (asked) => [...asked])
}
