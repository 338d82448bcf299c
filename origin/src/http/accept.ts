/**
 * Whether a request's `Accept` (RFC 9110 §12.5.1) lets us answer with a media type: the most specific range that
 * matches decides, and a weight of 0 is a no. There is one representation, so weights only ever say yes or no.
 */
export function accepts(accept: string | undefined, mediaType: string): boolean {
  // Of the millions of requests, almost all carry one of these.
  if (accept === undefined || accept === '*/*' || accept === mediaType || accept.trim() === '') return true
  const [type] = mediaType.split('/') as [string]
  const rank = new Map([
    ['*/*', 1],
    [`${type}/*`, 2],
    [mediaType, 3],
  ])
  let best = { rank: 0, weight: 0 }
  for (const range of splitOutsideQuotes(accept, ',')) {
    const [name = '', ...parameters] = splitOutsideQuotes(range, ';').map((part) => part.trim().toLowerCase())
    const found = rank.get(name)
    if (found === undefined) continue
    const { weight, parameterCount } = readParameters(parameters)
    // `application/json;v=2` asks for something that we do not have; a charset is one way of saying JSON.
    if (parameterCount > 0) continue
    if (found > best.rank || (found === best.rank && weight > best.weight)) best = { rank: found, weight }
  }
  return best.weight > 0
}

function readParameters(parameters: readonly string[]): { weight: number; parameterCount: number } {
  let weight = 1
  let parameterCount = 0
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=')
    if (name === 'q') {
      // A weight that is none counts as the smallest (it is there to lower the preference).
      weight = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0.001
    } else if (parameter !== '' && parameter.replaceAll('"', '') !== 'charset=utf-8') parameterCount += 1
  }
  return { weight, parameterCount }
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
