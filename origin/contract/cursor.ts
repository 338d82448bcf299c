import { decodeBase64UrlText, encodeBase64UrlText } from './base64url.ts'
import type { View } from './catalogue.ts'
import { type FilterType, isFilterValue } from './filter-type.ts'
import { fnv1a } from './fnv1a.ts'
import { idPattern, limits } from './limits.ts'

/** Type of a sort value. */
export type CursorValue = string | number | boolean

export interface SortField {
  readonly path: string
  readonly descending: boolean
  readonly type: FilterType
}

/** The list that a cursor belongs to, with its order. */
export interface OrderedList {
  /** Ends with `_id`, which makes the order total and each page's continuation unique. */
  readonly sort: readonly SortField[]
  /** The canonical query ({@link ./query.ts}). */
  readonly canonical: string
}

/**
 * A cursor is the position after which a page starts: the sort values of the last document (keyset pagination), so
 * inserts and deletes before it shift nothing. It is validated, not signed: each value must have its sort field's type,
 * and a digest binds it to its list. A forged cursor only selects a position in a list that the caller may read anyway.
 */
export function encodeCursor(view: View, query: OrderedList, values: readonly CursorValue[]): string {
  return encodeBase64UrlText(JSON.stringify([listDigest(view, query), ...values]))
}

/** Values of a cursor; `undefined` if it is malformed or belongs to another list. */
export function decodeCursor(
  cursor: string,
  view: View,
  query: OrderedList,
): readonly CursorValue[] | undefined {
  if (cursor.length > limits.cursorLengthMax || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined
  const parts = parseArray(decodeBase64UrlText(cursor))
  if (parts === undefined || parts.length !== query.sort.length + 1) return undefined
  const [digest, ...values] = parts
  if (digest !== listDigest(view, query)) return undefined
  const fits = query.sort.every(({ type, path }, index) => {
    const value = values[index]
    return path === '_id' ? typeof value === 'string' && idPattern.test(value) : isFilterValue(type, value)
  })
  if (!fits) return undefined
  // The cast: each value was just checked against the type of its sort field.
  const place = values as CursorValue[]
  // Only the canonical encoding is accepted: unused base64 bits (RFC 4648 §3.5) or blanks would create further cache
  // keys.
  return encodeCursor(view, query, place) === cursor ? place : undefined
}

/** Page size, field selection, counting and expansion may change between pages; the list and its order may not. */
function listDigest({ resource, version }: View, { canonical }: Pick<OrderedList, 'canonical'>): string {
  const list = canonical.split('&').filter((part) => !/^(limit|fields|expand)=|^count=true$/.test(part))
  return fnv1a(`${version}/${resource.name}?${list.join('&')}`).toString(36)
}

function parseArray(json: string | undefined): unknown[] | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
