/** Longer ones are refused: this is read before anything is known of its sender. A browser's have a hundred. */
export const acceptLengthMax = 1_024

/**
 * Whether JSON is among what a caller accepts (RFC 9110 §12.5.1). Looked at here, because a stored answer is the same
 * for every `Accept`, and a caller must not be told 406 or 200 by luck. A type with `q=0` is one that is refused.
 */
export function acceptsJson(accept: string | null): boolean {
  if (accept === null || accept === '*/*' || accept === 'application/json') return true
  let best = { precision: -1, accepted: false }
  for (const item of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim())
    const precision = ranges.indexOf(range)
    if (precision <= best.precision) continue
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter))
    best = { precision, accepted: !isRefused }
  }
  return best.accepted
}

/** Ranges that take in JSON, the least precise first: the most precise one decides. */
const ranges = ['*/*', 'application/*', 'application/json']
