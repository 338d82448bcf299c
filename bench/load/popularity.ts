import type { Random } from './random.ts'

/**
 * Popularity of documents.
 *
 * - `zipf`: the k-th most popular one in proportion to 1/k^exponent, as for pages and products (Breslau et al. 1999
 *   found exponents of 0.64 to 0.83 in web requests).
 * - `one`: everybody reads the same document.
 * - `in turn`: no document is read again before all others have been read.
 */
export type Popularity =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'zipf'; readonly exponent: number }
  | { readonly kind: 'one' }
  | { readonly kind: 'in turn' }

/** Chooses one of `count` documents, the first being the most popular. */
export type Choose = (random: Random) => number

export function chooser(popularity: Popularity, count: number): Choose {
  if (popularity.kind === 'one') return () => 0
  if (popularity.kind === 'in turn') {
    let next = 0
    return () => next++ % count
  }
  if (popularity.kind === 'uniform') return (random) => Math.floor(random() * count)
  const upTo = cumulative(count, popularity.exponent)
  const total = upTo.at(-1) ?? 0
  return (random) => firstAbove(upTo, random() * total)
}

function cumulative(count: number, exponent: number): readonly number[] {
  let sum = 0
  return Array.from({ length: count }, (_, i) => {
    sum += 1 / (i + 1) ** exponent
    return sum
  })
}

/** Index of the first one that is greater than `value`, by binary search. */
function firstAbove(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    // The cast is safe: `middle` lies between two indexes of the list.
    if ((sorted[middle] as number) > value) high = middle
    else low = middle + 1
  }
  return low
}
