import type { Problem } from '@spillway/origin/contract'
import { deadline } from '@spillway/origin/contract'
import { isRevoked } from '../auth/control.ts'
import type { ControlSource } from '../auth/control-source.ts'
import { isUnavailable, type TokenFault, tokenProblem } from '../auth/token-refusal.ts'
import type { TokenVerifier } from '../auth/token-verifier.ts'
import type { VerifiedToken } from '../auth/verified-token.ts'
import type { Exchange } from '../exchange.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { next } from '../pipeline.ts'
import { inTime } from '../platform/in-time.ts'
import { type LimitParts, limitRefused, limitUnverified } from './limit.ts'

type Checked = Problem | typeof next

export interface VerifyParts extends LimitParts {
  readonly verifier: TokenVerifier
  readonly control: ControlSource
  readonly random: () => number
}

/**
 * Stage 2: authenticates the caller. Sets `token`; a request without one continues as anonymous. A token that does not
 * verify is refused everywhere, including on public resources, since its sender expects it to count. Returns no promise
 * when the token is known and nothing is due for refresh.
 */
export function verify(exchange: Exchange, parts: VerifyParts): Checked | Promise<Checked> {
  const { arrivedAtMs } = exchange
  const due = parts.control.due(arrivedAtMs)
  if (due !== undefined) exchange.waitUntil(due.refresh)
  const authorization = exchange.head.headers.get('authorization')
  if (due?.mustWait === true) return verifyLater(exchange, authorization, parts, due.refresh)
  if (authorization === null) return next
  const known = parts.verifier.recall(authorization, arrivedAtMs)
  if (known === undefined) {
    const over = limitUnverified(exchange, parts)
    return over === next ? verifyLater(exchange, authorization, parts, undefined) : over
  }
  if (typeof known === 'string') return refuse(exchange, known, parts)
  return accept(exchange, known, parts)
}

async function verifyLater(
  exchange: Exchange,
  authorization: string | null,
  parts: VerifyParts,
  controlRefresh: Promise<void> | undefined,
): Promise<Checked> {
  // At most half of the time budget, which leaves the other half for the answer.
  const wait = async (work: Promise<void>): Promise<void> => {
    exchange.waitUntil(work)
    await inTime(work, deadline.budgetMs / 2)
  }
  if (controlRefresh !== undefined) await wait(controlRefresh)
  if (authorization === null) return next
  const known = parts.verifier.recall(authorization, parts.now())
  const over = known === undefined ? limitUnverified(exchange, parts) : next
  if (over !== next) return over
  const outcome = known ?? (await parts.verifier.verify(authorization, wait))
  return typeof outcome === 'string' ? refuse(exchange, outcome, parts) : accept(exchange, outcome, parts)
}

function accept(exchange: Exchange, token: VerifiedToken, parts: VerifyParts): Checked {
  if (isRevoked(parts.control.current, token)) return refuse(exchange, 'revoked', parts)
  if (token.keySet.isDue(exchange.arrivedAtMs)) {
    const refresh = token.keySet.refresh()
    if (refresh !== undefined) exchange.waitUntil(refresh)
  }
  token.key.isUsed = true
  exchange.token = token
  return next
}

function refuse(exchange: Exchange, fault: TokenFault, parts: VerifyParts): Problem {
  // Unavailable keys are not the caller's fault, so they do not count against its quota.
  const over = isUnavailable(fault) ? next : limitRefused(exchange, parts)
  if (over !== next) return over
  exchange.reason = fault.startsWith('api-key') ? fault : `token-${fault}`
  return tokenProblem(fault, retryAfterSeconds(1, parts.random()))
}
