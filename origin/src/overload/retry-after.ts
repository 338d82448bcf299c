/**
 * Seconds after which a refused caller should come back: longer the more is being refused, and spread out, so that
 * those who were refused together do not return together ("equal jitter": Brooker, "Exponential Backoff And Jitter",
 * AWS Architecture Blog, 2015).
 *
 * @param shed share of requests refused recently, 0 to 1
 * @param random 0 to 1
 * @returns whole seconds, 1 to 10
 */
export function retryAfterSeconds(shed: number, random: number): number {
  const longest = 2 + 8 * Math.min(1, Math.max(0, shed))
  return Math.max(1, Math.round(longest / 2 + (longest / 2) * random))
}
