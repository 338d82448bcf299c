import { omittedFrom304, removeHopByHop } from '../policy/fields.ts'
import { parseHttpDate } from '../policy/http-date.ts'
import { isNotModified } from '../policy/preconditions.ts'
import type { CacheRequest } from './cache-call.ts'

/**
 * The origin's answer for the one who asked, its body as it comes: hop-by-hop and our own fields removed. A miss is asked
 * without the client's conditions, for what it brings may be for everybody. Where it is not, the client that has the
 * answer already is still told so, and spared its content (RFC 9110 §13.1.2, §13.1.3).
 */
export function passOn(
  response: Response,
  request: CacheRequest,
  cacheStatus: string,
  ownFields: readonly string[],
): Response {
  const { status } = response
  // No constructor makes these; they go on untouched.
  if (status < 200 || status > 599) return response
  const headers = new Headers(response.headers)
  removeHopByHop(headers)
  for (const name of ownFields) headers.delete(name)
  headers.append('cache-status', cacheStatus)
  if (status === 200 && isUnchanged(request, headers)) {
    response.body?.cancel().catch(() => {})
    for (const name of omittedFrom304) headers.delete(name)
    return new Response(null, { status: 304, headers })
  }
  const init = { status, statusText: response.statusText, headers }
  if (request.method !== 'HEAD' || response.body === null) return new Response(response.body, init)
  // A HEAD that misses is asked as GET: what it does not want is not fetched to its end.
  response.body.cancel().catch(() => {})
  return new Response(null, init)
}

function isUnchanged({ method, headers: asked }: CacheRequest, answer: Headers): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const ifNoneMatch = asked.get('if-none-match')
  const ifModifiedSince = asked.get('if-modified-since')
  if (ifNoneMatch === null && ifModifiedSince === null) return false
  const etag = answer.get('etag')
  const lastModified = answer.get('last-modified')
  // Without a Date a year of two digits is of no century: the whole answer is always right.
  const dateMs = parseHttpDate(answer.get('date') ?? '', 0) ?? 0
  const lastModifiedMs =
    lastModified === null || dateMs === 0 ? undefined : parseHttpDate(lastModified, dateMs)
  return isNotModified(ifNoneMatch, ifModifiedSince, {
    etag,
    lastModified,
    lastModifiedMs,
    dateMs,
    modifiedMs: lastModifiedMs,
  })
}
