import type { FieldError } from './problem.ts'

/**
 * Count of a list: the number of documents that match its filters and that the caller may read, independent of the
 * page. It is exact up to a bound, because a database counts by visiting each document, and a lower bound beyond.
 */
export interface Count {
  readonly value: number
  /** `eq`: exactly `value`. `gte`: `value` or more. */
  readonly relation: 'eq' | 'gte'
}

/** Maximum of `countMax`. */
export const countLimit = 10_000

/** Parses the parameter `count`: `true`, or absent. */
export function parseCount(text: string | undefined, errors: FieldError[]): boolean {
  if (text !== undefined && text !== 'true') {
    errors.push({ parameter: 'count', detail: 'Must be true, or be omitted.' })
  }
  return text === 'true'
}
