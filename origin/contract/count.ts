import type { FieldError } from './problem.ts'

/**
 * Count of a list: of all that its filters and the caller's access leave, whatever the page. It is exact up to a bound,
 * since a database counts by looking at each, and "at least" beyond.
 */
export interface Count {
  readonly value: number
  /** `eq`: that many. `gte`: that many or more. */
  readonly relation: 'eq' | 'gte'
}

/** The largest bound that a resource may declare. */
export const countLimit = 10_000

/** The parameter `count`: `true`, or left out. */
export function parseCount(text: string | undefined, errors: FieldError[]): boolean {
  if (text !== undefined && text !== 'true') {
    errors.push({ parameter: 'count', detail: 'Must be true. Leave it out where no count is wanted.' })
  }
  return text === 'true'
}
