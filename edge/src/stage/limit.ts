import type { CheckedPlan, Problem } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { RequestHead } from '../http/request-headers.ts'
import type { Observe } from '../observe/observation.ts'
import { addressKey, type LocalQuota, refusedKey } from '../overload/local-quota.ts'
import { next } from '../pipeline.ts'
import type { CallerUsage, OverPlan } from '../plans/caller-usage.ts'
import type { UsageReports } from '../plans/usage-reports.ts'
import { inTime } from '../platform/in-time.ts'

export interface LimitParts {
  readonly quota: LocalQuota
  readonly limiter: RateLimit | undefined
  /** `undefined` for an application without plans. */
  readonly usages: UsageReports | undefined
  readonly observe: Observe
  readonly now: () => number
}

/** The client's address, as set by Cloudflare. */
const addressOf = ({ headers }: RequestHead): string | null => headers.get('cf-connecting-ip')

/** Quota key of a request: its subject, or its address if it has no token. */
export const callerOf = ({ token, head }: Exchange): string => token?.caller ?? addressKey(addressOf(head))

/**
 * Stage 4: whether the caller is over its quota, as counted in this isolate, or over its plan. Free, so it runs for every
 * request.
 */
export function limitHere(exchange: Exchange, { quota, usages }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.count(callerOf(exchange), exchange.arrivedAtMs)
  if (retryAfterSeconds !== undefined) return overLimit(quota, retryAfterSeconds)
  const usage = exchange.token?.usage
  return usage === undefined || usages === undefined ? next : limitByPlan(exchange, usage, usages)
}

function limitByPlan(exchange: Exchange, usage: CallerUsage, usages: UsageReports): Problem | typeof next {
  const { arrivedAtMs } = exchange
  const over = usage.count(arrivedAtMs)
  const report = usages.counted(usage, arrivedAtMs)
  if (report !== undefined) exchange.waitUntil(report)
  if (over === undefined) return next
  exchange.reason = `over-${over.limit}`
  return overPlan(usage.plan, over)
}

function overPlan({ name, rate, quota }: CheckedPlan, { limit, retryAfterSeconds }: OverPlan): Problem {
  const allowed = limit === 'rate' ? `${rate} requests a second` : `${quota} requests a month`
  return {
    code: 'rate-limited',
    detail: `The plan '${name}' has ${allowed}. Retry in ${retryAfterSeconds} s.`,
    reason: limit,
    retryAfterSeconds,
  }
}

/**
 * Stage 4 for a refused token: counts by address, since verifying a signature is the most expensive work that an
 * anonymous caller can cause.
 */
export function limitRefused(exchange: Exchange, { quota }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.count(refusedKey(addressOf(exchange.head)), exchange.arrivedAtMs)
  return retryAfterSeconds === undefined ? next : overLimit(quota, retryAfterSeconds)
}

/** Whether this address has exhausted its quota of refused tokens; then no new token is verified. */
export function limitUnverified(exchange: Exchange, { quota }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.foresee(refusedKey(addressOf(exchange.head)), exchange.arrivedAtMs)
  return retryAfterSeconds === undefined ? next : overLimit(quota, retryAfterSeconds)
}

/** Stage 7: whether the caller is over its quota, as counted in the location. For requests that go beyond memory. */
export function limitInLocation(
  exchange: Exchange,
  parts: LimitParts,
): Promise<Problem | typeof next> | typeof next {
  return parts.limiter === undefined ? next : askLimiter(callerOf(exchange), parts.limiter, parts)
}

/** The rate limiter counts on the same machine, so it usually decides within a few milliseconds. */
const limiterWaitMs = 100

async function askLimiter(
  key: string,
  limiter: RateLimit,
  { quota, observe, now }: LimitParts,
): Promise<Problem | typeof next> {
  try {
    const decision = await inTime(limiter.limit({ key }), limiterWaitMs)
    if (decision === undefined) throw new Error(`no decision within ${limiterWaitMs} ms`)
    return decision.success ? next : overLimit(quota, quota.block(key, now()))
  } catch (error) {
    // Fails open: a broken or stalled limiter must not take down the API.
    observe({ kind: 'fault', what: 'rate-limiter', where: 'RATE_LIMITER', message: String(error) })
    return next
  }
}

const overLimit = (quota: LocalQuota, retryAfterSeconds: number): Problem => ({
  code: 'rate-limited',
  detail: `Rate limit exceeded. Retry in ${retryAfterSeconds} s.`,
  retryAfterSeconds,
  headers: quota.fields(retryAfterSeconds),
})
