/** Methods that change nothing (RFC 9110 §9.2.1); all others, unknown ones included, are taken to be unsafe. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export const isUnsafe = (method: string): boolean => !safe.has(method)

/**
 * The URIs whose stored answers an exchange makes invalid (RFC 9111 §4.4): after a non-error answer to an unsafe method
 * the target, and what `Location` and `Content-Location` name, as long as it is of the same origin: anyone could
 * otherwise empty somebody else's cache. `origins` are further names of that origin: its own, where it does not know the
 * one that clients ask.
 */
export function invalidatedUrls(
  { method, target, origins }: { method: string; target: URL; origins: readonly string[] },
  status: number,
  headers: Headers,
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
