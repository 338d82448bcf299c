import type { Problem } from '@spillway/origin/contract'
import type { Exchange } from '../exchange.ts'
import type { RequestHead } from '../http/request-headers.ts'
import type { Observe } from '../observe/observation.ts'
import { addressKey, type LocalQuota, refusedKey } from '../overload/local-quota.ts'
import { next } from '../pipeline.ts'
import { inTime } from '../platform/in-time.ts'

export interface LimitParts {
  readonly quota: LocalQuota
  readonly limiter: RateLimit | undefined
  readonly observe: Observe
  readonly now: () => number
}

/** Address of the client, as Cloudflare gives it. */
const addressOf = ({ headers }: RequestHead): string | null => headers.get('cf-connecting-ip')

/** Under which name a request counts: its subject's, or its address where it has no token. */
export const callerOf = ({ token, head }: Exchange): string => token?.caller ?? addressKey(addressOf(head))

/** 4a. Whether the caller is over its quota, by what this isolate knows. For every request, and free. */
export function limitHere(exchange: Exchange, { quota }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.count(callerOf(exchange), exchange.arrivedAtMs)
  return retryAfterSeconds === undefined ? next : overLimit(quota, retryAfterSeconds)
}

/**
 * 4a for a token that was refused: counted by address, since a checked signature is the dearest thing that anyone can
 * have here for nothing.
 */
export function limitRefused(exchange: Exchange, { quota }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.count(refusedKey(addressOf(exchange.head)), exchange.arrivedAtMs)
  return retryAfterSeconds === undefined ? next : overLimit(quota, retryAfterSeconds)
}

/** Whether an address has had so many tokens refused that no new one of it is checked. Asked before the check. */
export function limitUnverified(exchange: Exchange, { quota }: LimitParts): Problem | typeof next {
  const retryAfterSeconds = quota.foresee(refusedKey(addressOf(exchange.head)), exchange.arrivedAtMs)
  return retryAfterSeconds === undefined ? next : overLimit(quota, retryAfterSeconds)
}

/** 4b. Whether it is by what the whole location knows. For requests that go beyond memory. */
export function limitInLocation(
  exchange: Exchange,
  parts: LimitParts,
): Promise<Problem | typeof next> | typeof next {
  return parts.limiter === undefined ? next : askLimiter(callerOf(exchange), parts.limiter, parts)
}

/** It counts on the machine that asks, so it mostly decides within a few milliseconds. */
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
    // A limiter that fails or stalls must not take the API down with it.
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
