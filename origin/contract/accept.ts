/**
 * Whether a request's `Accept` admits JSON (RFC 9110 §12.5.1): the most specific matching range decides, and a weight
 * of 0 refuses. There is only one representation, so other weights make no difference. Both tiers use this function, so
 * reads from the cache, reads from the database and writes are refused alike.
 *
 * @param accept the field's value; `null` or `undefined` if absent
 */
export function acceptsJson(accept: string | null | undefined): boolean {
  // Almost all requests send one of these.
  if (accept === null || accept === undefined || accept === '*/*' || accept === 'application/json')
    return true
  // An empty list names nothing, so it refuses nothing.
  if (accept.trim() === '') return true
  let best = { rank: 0, weight: 0 }
  for (const range of splitOutsideQuotes(accept.toLowerCase(), ',')) {
    // perf: skips empty ranges, of which a hostile field may have thousands, by their length.
    if (range.length < rangeLengthMin) continue
    const end = range.indexOf(';')
    const found = rankOf((end === -1 ? range : range.slice(0, end)).trim())
    // A more specific range has decided, or an equal one has accepted.
    if (found === 0 || found < best.rank || (found === best.rank && best.weight > 0)) continue
    const weight = end === -1 ? 1 : readWeight(range.slice(end + 1))
    // `application/json;v=2` names a representation that we do not have; `charset` does not change JSON.
    if (weight !== undefined) best = { rank: found, weight }
  }
  return best.weight > 0
}

/**
 * Weight of a media type that the field names itself, 0 to 1; 0 where it does not. A range with a wildcard names none.
 *
 * @param type in lower case
 */
export function acceptWeight(accept: string, type: string): number {
  let best = 0
  for (const range of splitOutsideQuotes(accept.toLowerCase(), ',')) {
    const end = range.indexOf(';')
    if ((end === -1 ? range : range.slice(0, end)).trim() !== type) continue
    best = Math.max(best, end === -1 ? 1 : (readWeight(range.slice(end + 1)) ?? 0))
  }
  return best
}

/** Length of the shortest range, `*` + `/*`. */
const rangeLengthMin = 3

/** Specificity of a range that includes JSON; 0 for one that does not. */
const rankOf = (range: string): number => ranges.indexOf(range) + 1
const ranges: readonly string[] = ['*/*', 'application/*', 'application/json']

/**
 * @param text the parameters of the range, in lower case
 * @returns `undefined` if a parameter names a representation that we do not have
 */
function readWeight(text: string): number | undefined {
  let last = 'q=1'
  for (const part of text.includes(';') ? splitOutsideQuotes(text, ';') : [text]) {
    const parameter = part.trim()
    // perf: parses only the last of thousands of weights.
    if (parameter === 'q' || parameter.startsWith('q=')) last = parameter
    else if (parameter !== '' && parameter.replaceAll('"', '') !== 'charset=utf-8') return undefined
  }
  const end = last.indexOf('=', 2)
  const weight = last.slice(2, end === -1 ? last.length : end)
  // An invalid weight counts as the smallest one, since a weight lowers the preference.
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0.001
}

/**
 * Splits at a separator outside quoted strings, in one pass. A regular expression that tries each quote as the start of
 * a string takes quadratic time on a value full of unclosed quotes.
 */
function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]
    if (char === '"') isQuoted = !isQuoted
    else if (char === '\\' && isQuoted) index += 1
    else if (char === separator && !isQuoted) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
