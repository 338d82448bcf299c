import type { Random } from '../load/random.ts'

/**
 * Time that a new execution environment takes before it can run the function.
 *
 * - `plain`: lognormal, median 400 ms, 99th percentile about 1 s. M. Shilkov, "Comparison of Cold Starts in Serverless
 *   Functions" (2021, kept up to date), has 200 to 400 ms for a JavaScript function without dependencies and about a
 *   second with some; ours has the database's driver and a token library.
 * - `vpc`: the attachment of a network interface before that, uniform between 10 and 15 s, as it was for every function
 *   in a private network until September 2019 (AWS Compute Blog, "Announcing improved VPC networking for AWS Lambda
 *   functions", which gives 14.8 s before and 0.9 s after).
 */
export type ColdStartKind = 'plain' | 'vpc'

const medianMs = 400
const sigma = 0.4
const attachmentMs = { min: 10_000, max: 15_000 }

export function coldStartMs(kind: ColdStartKind, random: Random): number {
  const plainMs = medianMs * Math.exp(sigma * standardNormal(random))
  if (kind === 'plain') return plainMs
  return plainMs + attachmentMs.min + random() * (attachmentMs.max - attachmentMs.min)
}

/** Box and Muller, 1958. */
const standardNormal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
