/**
 * Probabilistic early expiration, "XFetch" (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede
 * Prevention, VLDB 2015, algorithm 1): refresh when now - delta × beta × ln(random) ≥ expiry. Each isolate throws its
 * own dice on each hit, so a hot key is renewed by one of them shortly before it expires for all; the slower the fetch
 * (delta), the earlier.
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
  // ln(random) is below -20 once in half a billion throws: most hits need no dice.
  if (leftMs > headStartMs * 20) return false
  return -headStartMs * Math.log(random()) >= leftMs
}
