/**
 * `Cache-Control` as a list of directives (RFC 9111 §5.2): case-insensitive names, arguments as token or quoted string.
 * A directive with a malformed argument stays, with a value that no number parser accepts: an unreadable `max-age`
 * means stale (§4.2.1), not "no max-age".
 */
export type Directives = ReadonlyMap<string, string | true>

/** Directives whose bare form is stricter than the form with an argument (§5.2.2.4, §5.2.2.7). */
const stricterBare = new Set(['no-cache', 'private'])

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const equals = 0x3d

/** Space of any kind: field values hold only blanks, but tests may pass others. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d)

export function parseDirectives(value: string): Directives {
  const found = new Map<string, string | true>()
  const { length } = value
  let at = 0
  while (at < length) {
    const start = at
    let code = value.charCodeAt(at)
    while (at < length && !isSpace(code) && code !== comma && code !== equals && code !== quote) {
      at += 1
      code = value.charCodeAt(at)
    }
    const nameEnd = at
    let argument: string | true = true
    if (at < length && code === equals) {
      const read = argumentAt(value, at + 1)
      argument = read.argument
      at = read.end
    }
    if (nameEnd > start) {
      const name = value.slice(start, nameEnd).toLowerCase()
      // §4.2.1: the first of a repeated directive counts.
      if (!found.has(name) || (argument === true && stricterBare.has(name))) found.set(name, argument)
    }
    // Skips text without a name, and text after an argument, up to the next comma.
    if (nameEnd > start || !isSpace(value.charCodeAt(start))) {
      const next = value.indexOf(',', at)
      if (next < 0) return found
      at = next
    }
    while (at < length && (isSpace(value.charCodeAt(at)) || value.charCodeAt(at) === comma)) at += 1
  }
  return found
}

/** An argument as token, or as quoted string without quotes and escapes; empty if the quote never closes. */
function argumentAt(value: string, start: number): { readonly argument: string; readonly end: number } {
  const { length } = value
  if (value.charCodeAt(start) === quote) {
    let isEscaped = false
    for (let at = start + 1; at < length; at += 1) {
      const code = value.charCodeAt(at)
      if (code === backslash) {
        isEscaped = true
        at += 1
      } else if (code === quote) {
        const text = value.slice(start + 1, at)
        return { argument: isEscaped ? text.replace(/\\(.)/g, '$1') : text, end: at + 1 }
      }
    }
    return { argument: '', end: start }
  }
  let at = start
  while (at < length && !isTokenEnd(value.charCodeAt(at))) at += 1
  return { argument: value.slice(start, at), end: at }
}

const isTokenEnd = (code: number): boolean => isSpace(code) || code === comma || code === quote

/** A larger lifetime means "forever", and a larger age the oldest possible one (RFC 9111 §1.2.2). */
const deltaSecondsMax = 2_147_483_648

/** Non-negative integer seconds; `undefined` for anything else (RFC 9111 §1.2.2). */
export function deltaSeconds(argument: string | true | undefined): number | undefined {
  if (typeof argument !== 'string' || !/^\d+$/.test(argument)) return undefined
  return Math.min(Number(argument), deltaSecondsMax)
}
