/**
 * Whether JSON is among what a request's `Accept` takes (RFC 9110 §12.5.1): the most specific range that matches decides,
 * and a weight of 0 is a no. There is one representation, so weights only ever say yes or no. Both tiers ask here: a
 * caller is told the same for a read from the cache, a read from the database and a write.
 *
 * @param accept the field's value; `null` or `undefined` where it was not sent
 */
export function acceptsJson(accept: string | null | undefined): boolean {
  // Almost all requests carry one of these.
  if (accept === null || accept === undefined || accept === '*/*' || accept === 'application/json')
    return true
  // An empty list names nothing, and so refuses nothing.
  if (accept.trim() === '') return true
  let best = { rank: 0, weight: 0 }
  for (const range of splitOutsideQuotes(accept.toLowerCase(), ',')) {
    // perf: of thousands of ranges that say nothing, each is dismissed by a look at its length.
    if (range.length < rangeLengthMin) continue
    const end = range.indexOf(';')
    const found = rankOf((end === -1 ? range : range.slice(0, end)).trim())
    // A more specific one has decided, or one like it has said yes.
    if (found === 0 || found < best.rank || (found === best.rank && best.weight > 0)) continue
    const weight = end === -1 ? 1 : readWeight(range.slice(end + 1))
    // `application/json;v=2` asks for something that we do not have; a charset is one way of saying JSON.
    if (weight !== undefined) best = { rank: found, weight }
  }
  return best.weight > 0
}

/** Length of the shortest range, `*` + `/*`. */
const rangeLengthMin = 3

/** How specific a range is that takes in JSON; 0 for one that does not. */
const rankOf = (range: string): number => ranges.indexOf(range) + 1
const ranges: readonly string[] = ['*/*', 'application/*', 'application/json']

/**
 * @param text what follows the type, in lower case
 * @returns `undefined` where a parameter asks for something that we do not have
 */
function readWeight(text: string): number | undefined {
  let last = 'q=1'
  for (const part of text.includes(';') ? splitOutsideQuotes(text, ';') : [text]) {
    const parameter = part.trim()
    // perf: of thousands of weights the last one alone is read.
    if (parameter === 'q' || parameter.startsWith('q=')) last = parameter
    else if (parameter !== '' && parameter.replaceAll('"', '') !== 'charset=utf-8') return undefined
  }
  const end = last.indexOf('=', 2)
  const weight = last.slice(2, end === -1 ? last.length : end)
  // A weight that is none counts as the smallest (it is there to lower the preference).
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0.001
}

/**
 * Splits at a separator that is not inside a quoted string. One pass: an expression that tries each quote as the start
 * of a string takes the square of the length for a value full of quotes that never close.
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
