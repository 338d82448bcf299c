import { createHash } from 'node:crypto'
import type { PreviewName, StageConfig } from './config.ts'
import { stages } from './stages.ts'

/** A stage for one branch, for people who look at a change before it is merged. It ends by itself. */
export interface Preview {
  readonly config: StageConfig
  /** Branch, for people. */
  readonly branch: string
  /** Time at which its stacks delete themselves. */
  readonly expiresAt: Date
}

const day = 86_400_000
/** Longest life in days: a branch that lives longer gets a new one by a deployment. */
export const previewDaysMax = 14
/**
 * Longest name: `spillway-NAME-releases-ACCOUNT-REGION` is the name of a bucket, which has at most 63 characters (Amazon S3
 * User Guide, "General purpose bucket naming rules"), of which a region takes up to 14.
 */
const nameMax = 17
const prefix = 'pr-'
const digestLength = 4

/**
 * Name of a branch's stage: readable, and different for branches that start alike.
 *
 * @throws {RangeError} for a branch without a name
 */
export function previewName(branch: string): PreviewName {
  const words = branch.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  if (!/[a-z0-9]/.test(words)) throw new RangeError('a preview needs the name of a branch')
  const digest = createHash('sha256').update(branch).digest('hex').slice(0, digestLength)
  const room = nameMax - prefix.length - 1 - digestLength
  const start = words.replace(/^-/, '').slice(0, room).replace(/-$/, '')
  return `${prefix}${start}-${digest}`
}

/**
 * The preview of a branch: sizes of `dev`, one origin, a week's share of its budget, and nothing that outlives it.
 *
 * @param days until it expires, a whole number from 1 to {@link previewDaysMax}
 * @throws {RangeError} for other days
 */
export function preview(
  branch: string,
  { days, now }: { readonly days: number; readonly now: Date },
): Preview {
  if (!Number.isInteger(days) || days < 1 || days > previewDaysMax) {
    throw new RangeError(`a preview lives for 1 to ${previewDaysMax} days, not ${days}`)
  }
  const { dev } = stages
  const stage = previewName(branch)
  return {
    branch,
    expiresAt: new Date(now.getTime() + days * day),
    config: {
      ...dev,
      stage,
      // Beside the host of `dev`, whose first label is the API's.
      edgeUrl: dev.edgeUrl.replace(/^(https:\/\/)[^.]+/, `$1${stage}`),
      fleet: { ...dev.fleet, min: 1, max: 2, warm: 0 },
      budgetDollars: Math.ceil((dev.budgetDollars * days) / 30),
    },
  }
}
