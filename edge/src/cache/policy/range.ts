import { stronglyEqual } from './entity-tag.ts'
import type { Validators } from './preconditions.ts'

/** The requested part of a stored body (RFC 9110 §14); `end` is exclusive. */
export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

const whole: RangeAnswer = { kind: 'whole' }
const single = /^bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i

/**
 * Serves a single byte range from the store. Several ranges, or another unit, get the whole answer, as §14.2 allows:
 * multipart costs more than it saves, and many small ranges are an attack (§17.15).
 */
export function rangeAnswer(
  range: string | null,
  ifRange: string | null,
  length: number,
  validators: Validators,
): RangeAnswer {
  if (range === null) return whole
  const match = single.exec(range)
  if (match === null) return whole
  const [, first = '', last = ''] = match
  if ((first === '' && last === '') || (first !== '' && last !== '' && Number(first) > Number(last)))
    return whole
  if (ifRange !== null && !isSame(ifRange.trim(), validators)) return whole
  if (first === '') {
    const suffix = Number(last)
    return suffix === 0 || length === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', start: Math.max(0, length - suffix), end: length }
  }
  const start = Number(first)
  if (start >= length) return { kind: 'unsatisfiable' }
  return { kind: 'part', start, end: last === '' ? length : Math.min(Number(last) + 1, length) }
}

/**
 * `If-Range` (§13.1.5): a strong tag, or a date that is a strong validator, one second older than the answer
 * (§8.8.2.2).
 */
function isSame(ifRange: string, validators: Validators): boolean {
  if (validators.etag !== null && stronglyEqual(ifRange, validators.etag)) return true
  const { lastModified, lastModifiedMs, dateMs } = validators
  return ifRange === lastModified && lastModifiedMs !== undefined && dateMs - lastModifiedMs >= 1000
}
