/**
 * Headers for an OTLP receiver: `name=value,name=value` with percent-encoded values, as in W3C Baggage (OpenTelemetry
 * specification, "OTLP Exporter": `OTEL_EXPORTER_OTLP_HEADERS`).
 *
 * @returns `undefined` if the text has another form
 */
export function parseOtlpHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {}
  for (const member of text.split(',')) {
    if (member.trim() === '') continue
    const [, name, value] = pattern.exec(member.trim()) ?? []
    const decoded = value === undefined ? undefined : decode(value)
    if (name === undefined || decoded === undefined) return undefined
    headers[name] = decoded
  }
  return headers
}

/** A token (RFC 9110 §5.6.2) and visible characters without a comma. */
const pattern = /^([!#$%&'*+.^_`|~\w-]+)\s*=\s*([!-+\--~]+)$/

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    return /^[\t -~]*$/.test(decoded) ? decoded : undefined
  } catch {
    return undefined
  }
}
