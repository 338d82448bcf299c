/**
 * The name that was probably meant: the one with the fewest edits, at most two and fewer than half of its letters.
 * Edits are insertion, deletion, substitution, and swap of neighbours (Damerau, "A technique for computer detection and
 * correction of spelling errors", CACM 1964).
 */
export function nearest(given: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = 3
  for (const name of names) {
    const edits = distance(given.toLowerCase(), name.toLowerCase())
    if (edits < fewest && edits * 2 < name.length) {
      best = name
      fewest = edits
    }
  }
  return best
}

/** Optimal string alignment distance: each letter is edited once. */
function distance(a: string, b: string): number {
  // The distance is at least the difference in length.
  if (Math.abs(a.length - b.length) > 2) return 3
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      // The casts are safe: each row has a number for every prefix of `b`, and `row` those before `j`.
      const edits = [
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (isSame ? 0 : 1),
        ...(isSwapped ? [(before[j - 2] as number) + 1] : []),
      ]
      row.push(Math.min(...edits))
    }
    before = last
    last = row
  }
  // The cast is safe: the last row has a number for the whole of `b`.
  return last[b.length] as number
}
