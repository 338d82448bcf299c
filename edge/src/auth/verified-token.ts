import type { Principal } from '@spillway/origin/contract'
import type { CallerUsage } from '../plans/caller-usage.ts'
import type { KeySet } from './key-set.ts'

/** A verified token or API key, valid until `expiresAtMs`. */
export interface VerifiedToken {
  readonly principal: Principal
  /** Quota key of the caller. perf: kept here because a string that was looked up before is already hashed. */
  readonly caller: string
  /** `exp` plus the clock tolerance, in epoch milliseconds. */
  readonly expiresAtMs: number
  readonly issuedAtSeconds: number | undefined
  readonly tokenId: string | undefined
  readonly key: CountingKey
  /** Its caller's usage of their plan; `undefined` without a plan. */
  readonly usage?: CallerUsage | undefined
  /** Longest time of an answer that goes on, in ms: it is not checked again. @default until it expires */
  readonly answerMsMax?: number
  readonly keySet: Pick<KeySet, 'isUsable' | 'isDue' | 'refresh'>
}

/** The key that a token was signed with; or the API key itself. */
export interface CountingKey {
  /** Whether it counts no longer. */
  readonly retired: boolean
  /** Set with each request that it is good for. */
  isUsed: boolean
}
