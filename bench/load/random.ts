/** Uniform on [0, 1). */
export type Random = () => number

/**
 * A seeded generator, so that two runs offer the same load: sfc32 (C. Doty-Humphrey, PractRand), which passes PractRand
 * and needs 32-bit integers only.
 */
export function seededRandom(seed: number): Random {
  let [a, b, c, counter] = [0, seed | 0, (seed / 2 ** 32) | 0, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // Skips the first values, which still resemble the seed.
  for (let i = 0; i < 12; i++) next()
  return next
}

/** One of the items, all equally likely. The cast is safe for a list that is not empty, as all callers' are. */
export const pick = <Item>(items: readonly Item[], random: Random): Item =>
  items[Math.floor(random() * items.length)] as Item
