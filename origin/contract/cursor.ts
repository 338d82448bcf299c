import { decodeBase64UrlText, encodeBase64UrlText } from './base64url.ts'
import type { View } from './catalogue.ts'
import { type FilterType, isFilterValue } from './filter-type.ts'
import { idPattern, limits } from './limits.ts'

/** Type of a sort value. */
export type CursorValue = string | number | boolean

export interface SortField {
  readonly path: string
  readonly descending: boolean
  readonly type: FilterType
}

/** List that a cursor belongs to, with its order. */
export interface OrderedList {
  /** Ends with `_id`, so that the order is total and every page has one continuation. */
  readonly sort: readonly SortField[]
  /** The one spelling of the query ({@link ./query.ts}). */
  readonly canonical: string
}

/**
 * A cursor is the place after which a page starts: the sort values of the last document (keyset pagination), so that
 * inserts and deletes before it move nothing. It is validated rather than signed: each value must be of its sort
 * field's type, and a digest binds it to the list that gave it. A forged cursor can only ask for a place in a list
 * that the caller may read anyway.
 */
export function encodeCursor(view: View, query: OrderedList, values: readonly CursorValue[]): string {
  return encodeBase64UrlText(JSON.stringify([listDigest(view, query), ...values]))
}

/** Values of a cursor, or `undefined` where it is malformed or belongs to another list. */
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
  // Every value has just been held against the type of its sort field.
  const place = values as CursorValue[]
  // One spelling for one place: unused bits of base64 (RFC 4648 §3.5) or blanks would make further cache keys of it.
  return encodeCursor(view, query, place) === cursor ? place : undefined
}

/** Page size and field choice may change between pages; the list and its order may not. */
function listDigest({ resource, version }: View, { canonical }: Pick<OrderedList, 'canonical'>): string {
  const list = canonical
    .split('&')
    .filter((part) => !part.startsWith('limit=') && !part.startsWith('fields='))
  return fnv1a(`${version}/${resource.name}?${list.join('&')}`)
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): tells lists apart; nothing is protected by it. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(36)
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
