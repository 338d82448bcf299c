import { FieldMap, type FieldReader } from '../../lib/field-map.ts'
import { omittedFrom304, removeHopByHop } from '../policy/fields.ts'
import { parseHttpDate } from '../policy/http-date.ts'
import { isNotModified } from '../policy/preconditions.ts'
import type { CacheRequest, Reply } from './cache-call.ts'

/**
 * The origin's answer for the request that fetched it, with a streamed body; hop-by-hop fields and our own are removed.
 * A miss is fetched without the client's conditions, since the answer may be for everybody. If it cannot be shared, the
 * client's conditions are evaluated here: a client that has the answer already gets a 304 (RFC 9110 §13.1.2, §13.1.3).
 */
export function passOn(
  response: Reply,
  request: CacheRequest,
  cacheStatus: string,
  ownFields: readonly string[],
): Response {
  const { status } = response
  // No `Response` constructor accepts these statuses, so the original goes on untouched.
  if ((status < 200 || status > 599) && response instanceof Response) return response
  const headers = FieldMap.of(response.headers)
  removeHopByHop(headers)
  for (const name of ownFields) headers.delete(name)
  headers.append('cache-status', cacheStatus)
  if (status === 200 && isUnchanged(request, headers)) {
    response.body?.cancel().catch(() => {})
    for (const name of omittedFrom304) headers.delete(name)
    return headers.toResponse(null, { status: 304 })
  }
  const init = { status, statusText: response.statusText }
  if (request.method !== 'HEAD' || response.body === null) return headers.toResponse(response.body, init)
  // A missed HEAD is fetched as GET, so its body is cancelled.
  response.body.cancel().catch(() => {})
  return headers.toResponse(null, init)
}

function isUnchanged({ method, headers: asked }: CacheRequest, answer: FieldReader): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const ifNoneMatch = asked.get('if-none-match')
  const ifModifiedSince = asked.get('if-modified-since')
  if (ifNoneMatch === null && ifModifiedSince === null) return false
  const etag = answer.get('etag')
  const lastModified = answer.get('last-modified')
  // Without `Date`, the century of a two-digit year is unknown; the whole answer is always correct.
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
