import { decodeBase64UrlText, encodeBase64UrlText } from './base64url.ts'
import { quote } from './filter.ts'
import { historyLimits } from './history.ts'
import { limits } from './limits.ts'
import type { FieldError } from './problem.ts'
import { type Parsed, refuseParameters, sentParameters } from './query.ts'

/** Position of a record in the history of its document. */
export interface HistoryPlace {
  /** Time of the document's creation, RFC 3339: another document may have had its id before. */
  readonly born: string
  /** Number of the record: twice its version, and one more for a deletion. */
  readonly order: number
}

/** A parsed request for a page of a history. */
export interface HistoryQuery {
  readonly limit: number
  /** The last record of the page before. */
  readonly after: HistoryPlace | undefined
  /** The same query as canonical text. */
  readonly canonical: string
}

/** Parses the query string of a history: `limit=n`, `cursor=…`. */
export function parseHistoryQuery(search: string): Parsed<HistoryQuery> {
  const sent = sentParameters(search)
  if (!sent.ok) return sent
  const errors: FieldError[] = []
  for (const parameter of sent.value.keys()) {
    if (parameter === 'limit' || parameter === 'cursor') continue
    errors.push({ parameter: quote(parameter), detail: 'Unknown parameter. Supported: limit, cursor.' })
  }
  const text = sent.value.get('limit') ?? String(historyLimits.default)
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > historyLimits.max) {
    errors.push({ parameter: 'limit', detail: `Must be an integer from 1 to ${historyLimits.max}.` })
  }
  if (errors.length > 0) return refuseParameters(errors)
  const cursor = sent.value.get('cursor')
  const after = cursor === undefined ? undefined : decodePlace(cursor)
  if (cursor !== undefined && after === undefined) return foreignCursor
  const parts = [...(cursor === undefined ? [] : [`cursor=${cursor}`]), `limit=${limit}`]
  return { ok: true, value: { limit, after, canonical: parts.join('&') } }
}

/** Answer to a cursor of another history, or to text that is not a cursor. */
export const foreignCursor = invalidCursor(
  'Not a cursor of this history. Use one as it was returned, with the same path, or start again without a cursor.',
)

function invalidCursor(detail: string): Extract<Parsed<never>, { ok: false }> {
  return { ok: false, problem: { code: 'invalid-cursor', detail, errors: [{ parameter: 'cursor', detail }] } }
}

/**
 * Cursor of the page after a record. Not signed: a forged one only selects a place in a history that its caller may
 * read.
 */
export const encodePlace = ({ born, order }: HistoryPlace): string =>
  encodeBase64UrlText(JSON.stringify([born, order]))

function decodePlace(cursor: string): HistoryPlace | undefined {
  if (cursor.length > limits.cursorLengthMax || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined
  const [, born, order] =
    /^\["([0-9TZ:.-]{1,30})",(\d{1,15})\]$/.exec(decodeBase64UrlText(cursor) ?? '') ?? []
  if (born === undefined || order === undefined) return undefined
  const place = { born, order: Number(order) }
  // Only the canonical encoding is accepted (RFC 4648 §3.5).
  return encodePlace(place) === cursor ? place : undefined
}
