import { type CheckedPlan, monthEndMs, monthOf, type ToldUsage } from '@spillway/origin/contract'
import { TokenBucket } from './token-bucket.ts'

/** Time between two reports of a caller that is far from its quota, and of one that is close to it, in ms. */
export const reportMs = { far: 10_000, near: 1_000 } as const

/** Reason why a request is over its caller's plan. */
export interface OverPlan {
  readonly limit: 'rate' | 'quota'
  readonly retryAfterSeconds: number
}

/**
 * Requests of one caller, as this isolate counts them. The rate is this isolate's; the quota is everybody's, since the
 * origin adds up the counts that all isolates have reported (decision 43).
 */
export class CallerUsage {
  readonly caller: string
  readonly plan: CheckedPlan
  readonly #bucket: TokenBucket
  #monthEndMs: number
  #month: string
  /** Requests of the month that the origin knows; `undefined` until it was asked. */
  #told: number | undefined
  /** Requests that have not been reported yet. */
  #fresh = 0
  #reportedAtMs = Number.NEGATIVE_INFINITY

  constructor(caller: string, plan: CheckedPlan, nowMs: number) {
    this.caller = caller
    this.plan = plan
    this.#bucket = new TokenBucket(plan)
    this.#month = monthOf(nowMs)
    this.#monthEndMs = monthEndMs(nowMs)
  }

  /** Counts a request, unless it is over the plan. A refused one counts against neither limit. */
  count(nowMs: number): OverPlan | undefined {
    this.#turn(nowMs)
    const { quota } = this.plan
    if (quota !== undefined && this.used >= quota) {
      return { limit: 'quota', retryAfterSeconds: Math.ceil((this.#monthEndMs - nowMs) / 1_000) }
    }
    const waitMs = this.#bucket.take(nowMs)
    if (waitMs !== undefined)
      return { limit: 'rate', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) }
    this.#fresh += 1
    return undefined
  }

  /** Requests of the month, as far as this isolate knows. */
  get used(): number {
    return (this.#told ?? 0) + this.#fresh
  }

  /** Whether a report, which is also a question, is due. */
  isDue(nowMs: number): boolean {
    const sinceMs = nowMs - this.#reportedAtMs
    if (this.#told === undefined) return sinceMs >= reportMs.near
    if (this.#fresh === 0) return false
    const { quota } = this.plan
    // Near the quota each request counts, so isolates tell each other of them sooner.
    const isNear = quota !== undefined && this.#fresh * 10 >= quota - this.#told
    return sinceMs >= (isNear ? reportMs.near : reportMs.far)
  }

  /** Takes the count for a report. */
  take(nowMs: number): ToldUsage {
    this.#turn(nowMs)
    this.#reportedAtMs = nowMs
    const told = { caller: this.caller, plan: this.plan.name, month: this.#month, requests: this.#fresh }
    this.#told = this.#told === undefined ? undefined : this.#told + this.#fresh
    this.#fresh = 0
    return told
  }

  /** Hears the total of all isolates, from the answer to a report. */
  hear({ month }: ToldUsage, total: number): void {
    if (month === this.#month) this.#told = total
  }

  /** Takes back a count that was certainly not reported. */
  giveBack({ month, requests }: ToldUsage): void {
    if (month !== this.#month) return
    this.#fresh += requests
    if (this.#told !== undefined) this.#told -= requests
  }

  /**
   * Header fields of an answer (draft-ietf-httpapi-ratelimit-headers-10): `RateLimit-Policy` has the quota `q` and the
   * window `w` in seconds of each limit, `RateLimit` what remains `r`, and the seconds `t` until it is whole again.
   */
  fields(nowMs: number): readonly [policy: string, limit: string] {
    const { rate, burst, quota } = this.plan
    const bucket = this.#bucket
    const policy = `"rate";q=${burst};w=${Math.max(1, Math.ceil(burst / rate))}`
    const limit = `"rate";r=${bucket.left(nowMs)};t=${bucket.fullInSeconds(nowMs)}`
    if (quota === undefined || this.#told === undefined) return [policy, limit]
    const left = Math.max(0, quota - this.used)
    const untilSeconds = Math.max(0, Math.ceil((this.#monthEndMs - nowMs) / 1_000))
    return [
      `${policy}, "month";q=${quota};w=${monthSeconds}`,
      `${limit}, "month";r=${left};t=${untilSeconds}`,
    ]
  }

  /** Begins a new month. Counts of the last one that are not reported are lost: a few seconds' requests at most. */
  #turn(nowMs: number): void {
    if (nowMs < this.#monthEndMs) return
    this.#month = monthOf(nowMs)
    this.#monthEndMs = monthEndMs(nowMs)
    this.#told = undefined
    this.#fresh = 0
  }
}

/** The window of a month: thirty days, since months differ. `t` says when it ends. */
const monthSeconds = 30 * 86_400
