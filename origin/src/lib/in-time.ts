/** Time for the answer of a request whose code did not end before its deadline, in ms: it must reach the edge in time. */
export const answerMs = 25

/** Result of {@link inTime} for unfinished work. */
export const late: unique symbol = Symbol('late')

/**
 * Waits for work until a deadline. Late work continues, and its result is ignored.
 *
 * @param deadlineMs by `performance.now()`
 */
export async function inTime<Result>(
  work: Result | Promise<Result>,
  deadlineMs: number,
): Promise<Result | typeof late> {
  if (!(work instanceof Promise)) return work
  const { promise, resolve } = Promise.withResolvers<typeof late>()
  const timer = setTimeout(resolve, Math.max(0, deadlineMs - performance.now()), late)
  work.catch(() => {})
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
