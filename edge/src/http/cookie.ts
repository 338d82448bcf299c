/** The value of a cookie in a `Cookie` field (RFC 6265 §4.2.1); the first one if the name occurs twice. */
export function cookieValue(cookie: string, name: string): string | undefined {
  for (const pair of cookie.split(';')) {
    const split = pair.indexOf('=')
    if (split !== -1 && pair.slice(0, split).trim() === name) return pair.slice(split + 1).trim()
  }
  return undefined
}
