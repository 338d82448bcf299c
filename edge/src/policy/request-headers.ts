import { limits, type Problem } from '@spillway/origin/contract'

/** Whether path and query are within the limit; both are percent-encoded, so characters are bytes. */
export function urlProblem(pathAndSearch: string): Problem | undefined {
  if (pathAndSearch.length <= limits.urlLengthMax) return undefined
  return { code: 'uri-too-long', detail: `Path and query have at most ${limits.urlLengthMax} bytes.` }
}

/** Whether all names and values together are within the limit (RFC 6585 §5). */
export function headersProblem(fields: Headers): Problem | undefined {
  let bytes = 0
  for (const [name, value] of fields) bytes += name.length + value.length
  if (bytes <= limits.headerBytesMax) return undefined
  return { code: 'headers-too-large', detail: `Header fields have at most ${limits.headerBytesMax} bytes.` }
}

/** A UUID in its usual spelling (RFC 9562 §4), any version. */
export const isUuid = (text: string): boolean =>
  text.length === 36 && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
