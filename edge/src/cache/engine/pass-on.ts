import { removeHopByHop } from '../policy/fields.ts'

/** The origin's answer for the one who asked, its body as it comes: hop-by-hop and our own fields removed. */
export function passOn(response: Response, cacheStatus: string, ownFields: readonly string[]): Response {
  const { status } = response
  // No constructor makes these; they go on untouched.
  if (status < 200 || status > 599) return response
  const headers = new Headers(response.headers)
  removeHopByHop(headers)
  for (const name of ownFields) headers.delete(name)
  headers.append('cache-status', cacheStatus)
  return new Response(response.body, { status, statusText: response.statusText, headers })
}
