import type { World } from './world.ts'

/** Something that an ordinary marketplace must be able to do. */
export interface Need {
  /** 1 to 24. */
  readonly number: number
  readonly what: string
  /** Documented words that cover it; or the reason for which it is not. */
  readonly by: string
  /** Proves it by requests of several people, those who may and those who may not. */
  readonly prove: ((world: World) => Promise<void>) | 'later' | 'not yet'
}

export type Verdict = 'covered' | 'later' | 'not yet' | 'FAILED'

/** Needs that must be covered. */
export const coveredMin = 20

export const describeNeed = ({ number, what, by }: Need, verdict: Verdict): string =>
  `${String(number).padStart(2)} ${verdict.padEnd(7)} ${what}: ${by}`
