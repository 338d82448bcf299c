import type { Priority } from '../priority.ts'

/** Limits of a caller. */
export interface Plan {
  /** Requests a second, in the long run. */
  readonly rate: number
  /** Requests at once, after a pause. At least 1. @default twice the rate, at least 1 */
  readonly burst?: number
  /** Requests in a calendar month (UTC). @default no end */
  readonly quota?: number
  /** Priority of the caller's requests under overload, unless their token or key has one. @default the resource's */
  readonly priority?: Priority
}

export interface CheckedPlan extends Plan {
  readonly name: string
  readonly burst: number
}

/** Checked plans of an application. */
export interface Plans {
  readonly byName: ReadonlyMap<string, CheckedPlan>
  readonly claim: string
  readonly default: CheckedPlan | undefined
  readonly tenant: string | undefined
}
