/**
 * Probabilistic early expiration, "XFetch" (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede
 * Prevention, VLDB 2015, algorithm 1): refresh when now - delta × beta × ln(random) ≥ expiry. Each isolate draws a
 * random number on each hit, so that one of them refreshes a hot key shortly before it expires for all. The slower the
 * fetch (delta), the earlier.
 *
 * @param headStartMs delta × beta
 */
export function refreshesEarly(
  nowMs: number,
  freshUntilMs: number,
  headStartMs: number,
  random: () => number,
): boolean {
  const leftMs = freshUntilMs - nowMs
  // ln(random) is below -20 once in half a billion draws, so most hits need no draw.
  if (leftMs > headStartMs * 20) return false
  return -headStartMs * Math.log(random()) >= leftMs
}
