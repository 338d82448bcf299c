import type { OriginOutcome } from './origin-gate.ts'

/** The least time worth starting another attempt with. */
const remainingMsMin = 50

const attemptsMax = 2

export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  readonly outcome: OriginOutcome
  /** Safe or idempotent (RFC 9110 §9.2), or made so by an `Idempotency-Key`, with a body that can be sent again. */
  readonly isRepeatable: boolean
  readonly remainingMs: number
}

/**
 * Whether to try again after what happened. Only a connection that failed is tried again: a timeout has used the time
 * up, and repeating what an origin refused for want of capacity adds to what it lacks.
 */
export const isWorthRetrying = ({ number, outcome, isRepeatable, remainingMs }: Attempt): boolean =>
  outcome === 'unreachable' && isRepeatable && number < attemptsMax && remainingMs >= remainingMsMin

/** Methods that may be repeated as they are (RFC 9110 §9.2.2). */
export const isIdempotent = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'PUT' || method === 'DELETE'
