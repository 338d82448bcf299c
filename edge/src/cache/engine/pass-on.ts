import { removeHopByHop } from '../policy/fields.ts'

/** The origin's answer for the one who asked, its body as it comes: hop-by-hop and our own fields removed. */
export function passOn(
  response: Response,
  method: string,
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
  const init = { status, statusText: response.statusText, headers }
  if (method !== 'HEAD' || response.body === null) return new Response(response.body, init)
  // A HEAD that misses is asked as GET: what it does not want is not fetched to its end.
  response.body.cancel().catch(() => {})
  return new Response(null, init)
}
