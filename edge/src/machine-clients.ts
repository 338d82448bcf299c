import {
  apiKeysIn,
  askKeysPath,
  type Catalogue,
  claimsOf,
  type KeyAnswer,
  keyClaim,
  type NamedClaims,
  plansIn,
  tellUsagePath,
  type UsageTotals,
} from '@spillway/origin/contract'
import { ApiKeyCheck } from './auth/api-key-check.ts'
import { ApiKeySource } from './auth/api-key-source.ts'
import type { Observe } from './observe/observation.ts'
import { UsageReports } from './plans/usage-reports.ts'
import { type AskOriginParts, askOrigin } from './stage/ask-origin.ts'

/** Builds what knows API keys and plans, for an application that has them. Both ask the origin on behalf of no caller. */

/** Time limit of a question of the edge's own: more than a request waits for it, since others profit from the answer. */
const timeoutMs = 2_000

/** Claims of tokens and keys that later stages and the origin need: those of rules, of plans and of own keys. */
export function claimsToCarry(catalogue: Catalogue): NamedClaims {
  const plans = plansIn(catalogue)
  const ofPlans =
    plans === undefined ? [] : [plans.claim, ...(plans.tenant === undefined ? [] : [plans.tenant])]
  const ofKeys = apiKeysIn(catalogue)?.ownKeys === undefined ? [] : [keyClaim]
  return new Map([...claimsOf(catalogue), ...[...ofPlans, ...ofKeys].map((name) => [name, 'all'] as const)])
}

/** Checks API keys; `undefined` for an application without them. */
export function apiKeyCheck(
  catalogue: Catalogue,
  parts: AskOriginParts,
  observe: Observe,
): ApiKeyCheck | undefined {
  if (apiKeysIn(catalogue) === undefined) return undefined
  const { now } = parts
  const source = new ApiKeySource({
    now,
    // The cast: the origin, which has proved its trust in this edge, answers in the contract's form.
    ask: async (body) => (await askOrigin({ path: askKeysPath, body, timeoutMs }, parts)) as KeyAnswer,
    onFailure: (reason) =>
      observe({ kind: 'fault', what: 'api-keys', where: 'origin', message: String(reason) }),
  })
  return new ApiKeyCheck({ source, named: claimsToCarry(catalogue), now })
}

/** Counts the requests of callers with a plan; `undefined` for an application without plans. */
export function usageReports(
  catalogue: Catalogue,
  parts: AskOriginParts,
  observe: Observe,
): UsageReports | undefined {
  const plans = plansIn(catalogue)
  if (plans === undefined) return undefined
  return new UsageReports({
    plans,
    now: parts.now,
    // The cast: the origin, which has proved its trust in this edge, answers in the contract's form.
    tell: async (body) => (await askOrigin({ path: tellUsagePath, body, timeoutMs }, parts)) as UsageTotals,
    onFailure: (reason) =>
      observe({ kind: 'fault', what: 'usage', where: 'origin', message: String(reason) }),
  })
}
