/** End of an attempt, as far as repeating it is concerned. */
export interface Failure {
  /** The API says that the same request may succeed later, or there was no answer. */
  readonly isTransient: boolean
  /** Whether it may have had an effect: there was no answer, or the answer was `outcome-unknown`. */
  readonly mayHaveHappened: boolean
  readonly retryAfterSeconds: number | undefined
}

/** Waits between attempts, in ms. */
export const waits = { firstMs: 200, longestMs: 5_000 } as const

export const attemptsMax = 3

/**
 * Wait before the next attempt, in ms; `undefined`: do not repeat the request.
 *
 * A request that certainly did nothing is repeated whatever its method. One that may have happened is only repeated if
 * the API can distinguish the two attempts (RFC 9110 §9.2.2).
 *
 * @param attempt number of the attempt that failed, from 1
 * @param random from 0 to 1: "full jitter" spreads the clients of an outage over the whole wait
 *   (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter)
 */
export function waitBeforeNext(
  { isTransient, mayHaveHappened, retryAfterSeconds }: Failure,
  { attempt, remainingMs, isRepeatable }: { attempt: number; remainingMs: number; isRepeatable: boolean },
  random: number,
): number | undefined {
  if (!isTransient || attempt >= attemptsMax || (mayHaveHappened && !isRepeatable)) return undefined
  const longest = Math.min(waits.longestMs, waits.firstMs * 2 ** (attempt - 1))
  // The API asks everybody to wait: a bit of jitter keeps them from returning together.
  const wait =
    retryAfterSeconds === undefined ? longest * random : retryAfterSeconds * 1_000 + longest * random
  return wait < remainingMs ? wait : undefined
}
