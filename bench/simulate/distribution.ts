import { fnv1a } from '@spillway/origin/contract'
import type { Random } from '../load/random.ts'

/** Draws one value, in ms. */
export type Sample = (random: Random) => number

export const constant =
  (ms: number): Sample =>
  () =>
    ms

export const exponential =
  (meanMs: number): Sample =>
  (random) =>
    -meanMs * Math.log(1 - random())

/**
 * A lognormal distribution with this mean and coefficient of variation (standard deviation over mean): service times
 * are positive with a long tail, and a bench measures these two numbers.
 */
export function lognormal(meanMs: number, variation: number): Sample {
  if (variation === 0 || meanMs === 0) return constant(meanMs)
  const variance = Math.log(1 + variation ** 2)
  const mu = Math.log(meanMs) - variance / 2
  const sigma = Math.sqrt(variance)
  return (random) => Math.exp(mu + sigma * normal(random))
}

/** Mixture of distributions, each with its share; the shares add up to 1. */
export function mixture(parts: readonly { readonly share: number; readonly sample: Sample }[]): Sample {
  return (random) => {
    let rest = random()
    for (const { share, sample } of parts) {
      if (rest < share) return sample(random)
      rest -= share
    }
    return parts.at(-1)?.sample(random) ?? 0
  }
}

/** Standard normal (Box and Muller 1958). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/**
 * Draws a Poisson count of this mean: by multiplication (Knuth) while the mean is small, by its normal limit
 * from 50 on, where the two differ by less than the step of a count.
 */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0
  if (mean >= 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const floor = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > floor; product *= random()) count += 1
  return count
}

/** A seed derived from words (FNV-1a, 32 bit), so that the order of computations does not change the results. */
export function seedOf(...words: readonly (string | number)[]): number {
  return fnv1a(words.join('|'))
}
