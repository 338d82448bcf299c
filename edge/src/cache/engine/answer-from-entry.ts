import { omittedFrom304 } from '../policy/fields.ts'
import { isNotModified } from '../policy/preconditions.ts'
import { rangeAnswer } from '../policy/range.ts'
import type { CacheRequest } from './cache-call.ts'
import type { AnswerHead, Entry } from './entry.ts'

/**
 * Builds the answer to a request from a stored one: whole, without body (HEAD), 304 by the client's conditions (RFC
 * 9110 §13), or the requested range (§14). Conditions and ranges apply only where the answer would otherwise be a 200
 * (§13.2.1, §14.2).
 *
 * @param head head of the answer, possibly shared: it is changed only in copies
 */
export function answerFromEntry(entry: Entry, request: CacheRequest, head: AnswerHead): Response {
  const { body, policy, status } = entry
  if (status === 200) {
    const asked = request.headers
    const ifNoneMatch = asked.get('if-none-match')
    const countsDates = ifNoneMatch === null && policy.modifiedMs !== undefined
    const ifModifiedSince = countsDates ? asked.get('if-modified-since') : null
    if (
      (ifNoneMatch !== null || ifModifiedSince !== null) &&
      isNotModified(ifNoneMatch, ifModifiedSince, policy)
    ) {
      const headers = copyOf(head)
      for (const name of omittedFrom304) headers.delete(name)
      return new Response(null, { status: 304, headers })
    }
    const range = request.method === 'HEAD' ? null : asked.get('range')
    if (range !== null && body !== null) {
      return partOf(body, { range, ifRange: asked.get('if-range') }, policy, head)
    }
  }
  return request.method === 'HEAD' ? withoutContent(body, head) : whole(body, head)
}

/** perf: a head that is a `Response` is copied as it is, without a look at its fields. */
function whole(body: Uint8Array<ArrayBuffer> | null, head: AnswerHead): Response {
  if (head instanceof Response) return new Response(body, head)
  return head.headers.toResponse(body, { status: head.status })
}

const copyOf = (head: AnswerHead): Headers =>
  new Headers(head instanceof Response ? head.headers : head.headers.toInit())

/**
 * RFC 9110 §9.3.2: HEAD has the fields of the GET, including its length; with a coding, the runtime may send another
 * length.
 */
function withoutContent(body: Uint8Array | null, head: AnswerHead): Response {
  const headers = copyOf(head)
  if (body !== null && !headers.has('content-encoding'))
    headers.set('content-length', String(body.byteLength))
  return new Response(null, { status: head.status, headers })
}

function partOf(
  body: Uint8Array<ArrayBuffer>,
  { range, ifRange }: { readonly range: string; readonly ifRange: string | null },
  policy: Entry['policy'],
  head: AnswerHead,
): Response {
  // Ranges count encoded bytes, and the runtime may encode the stored body differently.
  const answer = head.headers.has('content-encoding')
    ? ({ kind: 'whole' } as const)
    : rangeAnswer(range, ifRange, body.byteLength, policy)
  if (answer.kind === 'whole') return whole(body, head)
  const headers = copyOf(head)
  if (answer.kind === 'unsatisfiable') {
    headers.set('content-range', `bytes */${body.byteLength}`)
    headers.delete('content-type')
    return new Response(null, { status: 416, headers })
  }
  headers.set('content-range', `bytes ${answer.start}-${answer.end - 1}/${body.byteLength}`)
  return new Response(body.subarray(answer.start, answer.end), { status: 206, headers })
}
