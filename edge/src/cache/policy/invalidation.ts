import type { FieldReader } from '../../lib/field-map.ts'

/** Safe methods (RFC 9110 §9.2.1); all others, including unknown ones, count as unsafe. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export const isUnsafe = (method: string): boolean => !safe.has(method)

/**
 * URIs that a non-error answer to an unsafe method invalidates (RFC 9111 §4.4): the target, and the values of
 * `Location` and `Content-Location` if they have the same origin; otherwise anyone could purge another site's entries.
 * `origins` lists further names of that origin, for one that does not know the name that clients use.
 */
export function invalidatedUrls(
  { method, target, origins }: { method: string; target: URL; origins: readonly string[] },
  status: number,
  headers: FieldReader,
): readonly URL[] {
  if (!isUnsafe(method) || status < 200 || status >= 400) return []
  const urls = [target]
  for (const name of ['location', 'content-location']) {
    const value = headers.get(name)
    if (value === null || !URL.canParse(value, target.href)) continue
    const url = new URL(value, target.href)
    if (url.origin === target.origin || origins.includes(url.origin)) urls.push(url)
  }
  return urls
}
