/**
 * Hit ratio of a cache with a lifetime over a set of objects: an object asked for λ times a second
 * and kept for T seconds after each fetch is found λT / (1 + λT) of the time (Jung, Berger and Balakrishnan, "Modeling
 * TTL-based Internet caches", INFOCOM 2003, for Poisson requests). The objects' popularity is Zipf's.
 */
export class HitRatio {
  readonly #popularity: Float64Array
  readonly #known = new Map<number, number>()

  /** @param exponent of Zipf's law; 0: all equally popular */
  constructor(objects: number, exponent: number) {
    const weights = Float64Array.from({ length: objects }, (_, rank) => 1 / (rank + 1) ** exponent)
    const sum = weights.reduce((total, weight) => total + weight, 0)
    this.#popularity = weights.map((weight) => weight / sum)
  }

  /** @param perLifetime requests for all objects together within one lifetime, at one cache */
  at(perLifetime: number): number {
    if (perLifetime <= 0) return 0
    // Values on a grid of 2 %: the load takes few values, and each costs a pass over all objects.
    const point = Math.log(perLifetime) / Math.log(1.02)
    const below = Math.floor(point)
    const share = point - below
    return this.#atPoint(below) * (1 - share) + this.#atPoint(below + 1) * share
  }

  #atPoint(point: number): number {
    const known = this.#known.get(point)
    if (known !== undefined) return known
    const requests = 1.02 ** point
    let hits = 0
    for (const share of this.#popularity) {
      const expected = share * requests
      hits += (share * expected) / (1 + expected)
    }
    this.#known.set(point, hits)
    return hits
  }
}
