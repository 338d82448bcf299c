/**
 * Whether a new version does worse than the former one, which serves at the same time. Both have the same users, the same
 * database and the same minute, so what differs between them is the version.
 */

/** Answers of one version within the same window. */
export interface Figures {
  readonly requests: number
  /** Answers of 500 and more, sheds aside. */
  readonly errors: number
  readonly p99Ms: number
}

/** Requests of each version below which nothing is said. */
export const requestsMin = 500
/** Difference of the shares of errors that counts: half a percentage point. */
export const errorsMargin = 0.005
/** Difference of the p99 that counts, ms, if it is also a quarter of the former one's. */
export const slowerByMs = 50
const slowerTimes = 1.25
/** Standard errors by which the shares differ at least: one false alarm in 700 comparisons. */
const certainty = 3

/** @returns what is worse, in words; `undefined` if nothing is, or too little is known */
export function worseThan(fresh: Figures, former: Figures): string | undefined {
  if (fresh.requests < requestsMin || former.requests < requestsMin) return undefined
  const [share, formerShare] = [fresh, former].map(({ errors, requests }) => errors / requests) as [
    // The cast is safe: there are two.
    number,
    number,
  ]
  const difference = share - formerShare
  if (difference > errorsMargin && difference > certainty * standardError(fresh, former)) {
    return `${percent(share)} of its answers are errors, and ${percent(formerShare)} of the former version's`
  }
  if (fresh.p99Ms > former.p99Ms + slowerByMs && fresh.p99Ms > slowerTimes * former.p99Ms) {
    return `its p99 is ${Math.round(fresh.p99Ms)} ms, and the former version's ${Math.round(former.p99Ms)} ms`
  }
  return undefined
}

/** Standard error of the difference of two shares, pooled (two-proportion z-test). */
function standardError(one: Figures, other: Figures): number {
  const share = (one.errors + other.errors) / (one.requests + other.requests)
  return Math.sqrt(share * (1 - share) * (1 / one.requests + 1 / other.requests))
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
