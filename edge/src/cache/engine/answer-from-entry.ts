import { omittedFrom304 } from '../policy/fields.ts'
import { isNotModified } from '../policy/preconditions.ts'
import { rangeAnswer } from '../policy/range.ts'
import type { CacheRequest } from './cache-call.ts'
import type { Entry } from './entry.ts'

/**
 * The answer that a request gets from a stored one: whole, without its body (HEAD), 304 by the client's conditions
 * (RFC 9110 §13), or the part it asks for (§14). Conditions and ranges are looked at only where the answer would be a
 * 200 otherwise (§13.2.1, §14.2).
 *
 * @param fields shared or own fields of the answer; changed only in copies
 */
export function answerFromEntry(entry: Entry, request: CacheRequest, fields: Headers): Response {
  const { status, body } = entry
  if (status === 200) {
    const asked = request.headers
    const ifNoneMatch = asked.get('if-none-match')
    const ifModifiedSince = ifNoneMatch === null ? asked.get('if-modified-since') : null
    if (
      (ifNoneMatch !== null || ifModifiedSince !== null) &&
      isNotModified(ifNoneMatch, ifModifiedSince, entry.policy)
    ) {
      return new Response(null, { status: 304, headers: without(fields, omittedFrom304) })
    }
    const range = request.method === 'HEAD' ? null : asked.get('range')
    if (range !== null && body !== null) return partOf(entry, body, range, asked.get('if-range'), fields)
  }
  // RFC 9110 §9.3.2: HEAD has the fields of the GET.
  return new Response(request.method === 'HEAD' ? null : body, { status, headers: fields })
}

function partOf(
  entry: Entry,
  body: Uint8Array<ArrayBuffer>,
  range: string,
  ifRange: string | null,
  fields: Headers,
): Response {
  // Ranges count encoded bytes, and of those the runtime may send others than are stored.
  const answer = fields.has('content-encoding')
    ? ({ kind: 'whole' } as const)
    : rangeAnswer(range, ifRange, body.byteLength, entry.policy)
  if (answer.kind === 'whole') return new Response(body, { status: 200, headers: fields })
  const headers = new Headers(fields)
  if (answer.kind === 'unsatisfiable') {
    headers.set('content-range', `bytes */${body.byteLength}`)
    headers.delete('content-length')
    headers.delete('content-type')
    return new Response(null, { status: 416, headers })
  }
  headers.set('content-range', `bytes ${answer.start}-${answer.end - 1}/${body.byteLength}`)
  headers.set('content-length', String(answer.end - answer.start))
  return new Response(body.subarray(answer.start, answer.end), { status: 206, headers })
}

function without(fields: Headers, names: readonly string[]): Headers {
  const headers = new Headers(fields)
  for (const name of names) headers.delete(name)
  return headers
}
