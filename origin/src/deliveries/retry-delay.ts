/**
 * Time until the next attempt, in ms. Jitter of a fifth to either side keeps events that failed together from being tried
 * together for ever.
 *
 * @param attempts how many have failed
 * @param random 0 to 1
 * @returns `undefined` if there is no next one
 */
export function retryDelayMs(
  delaysMs: readonly number[],
  attempts: number,
  random: number,
): number | undefined {
  const delayMs = delaysMs[attempts - 1]
  return delayMs && delayMs * (0.8 + 0.4 * random)
}
