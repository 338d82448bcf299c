/**
 * The Mann-Whitney U test (1947), exact: the probability that two sets of samples from one distribution differ in rank
 * at least as much as these. It assumes no shape of the distribution; latencies and CPU times are not normal.
 *
 * @returns the two-sided p, counted over every way to deal out the ranks; a tie counts as half
 */
export function rankTest(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1
  const pooled = [...a, ...b].toSorted((x, y) => x - y)
  const ranks = pooled.map((value) => {
    const first = pooled.indexOf(value)
    const last = pooled.lastIndexOf(value)
    return (first + last) / 2 + 1
  })
  // The cast is safe: only members of the pool are asked for.
  const rankOf = (value: number) => ranks[pooled.indexOf(value)] as number
  const observed = a.reduce((sum, value) => sum + rankOf(value), 0)
  const mean = (a.length * (pooled.length + 1)) / 2
  const distance = Math.abs(observed - mean)
  const sums = rankSums(ranks, a.length)
  let [extreme, all] = [0, 0]
  for (const [sum, ways] of sums) {
    all += ways
    // Sums of halves are exact; only the division by the mean needs the tolerance.
    if (Math.abs(sum - mean) >= distance - 1e-9) extreme += ways
  }
  return extreme / all
}

/** Number of ways in which `count` of the ranks add up to each sum. */
function rankSums(ranks: readonly number[], count: number): ReadonlyMap<number, number> {
  const ways: Map<number, number>[] = Array.from({ length: count + 1 }, () => new Map())
  ways[0]?.set(0, 1)
  for (const rank of ranks) {
    for (let taken = count; taken > 0; taken--) {
      for (const [sum, number] of ways[taken - 1] ?? []) {
        // The cast is safe: there is a map for each count up to `count`.
        const into = ways[taken] as Map<number, number>
        into.set(sum + rank, (into.get(sum + rank) ?? 0) + number)
      }
    }
  }
  return ways[count] ?? new Map()
}
