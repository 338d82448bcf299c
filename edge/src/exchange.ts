import type { Principal } from '@spillway/origin/contract'
import type { RequestHead } from './policy/request-headers.ts'
import type { InvalidPlan, ServedPlan } from './policy/request-plan.ts'
import type { VerifiedToken } from './policy/token-verifier.ts'

/** One request on its way through the stages. Each stage reads what those before it found and adds its own. */
export interface Exchange {
  readonly request: Request
  readonly head: RequestHead
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number
  /** A UUID: the caller's own, if it sent one. */
  readonly requestId: string
  plan: ServedPlan | InvalidPlan | undefined
  token: VerifiedToken | undefined
  /** The instant from which this caller must see the resource, from its consistency token; epoch milliseconds. */
  notBeforeMs: number | undefined
  /** Whether the answer carries the request id already. */
  isMarked: boolean
  /** Whether the throttle has let it pass already, so that it must not be asked again. */
  isCast: boolean
  /** Why it was refused, for the log: a problem code, or something finer. */
  reason: string | undefined
  /** Tags that the origin named as made obsolete by this request. */
  purgeTags: readonly string[]
  /** An attempt was sent and its answer lost: what it did at the origin is not known, whatever the next one says. */
  hasLostAttempt: boolean
  /** How long the origin took, where it was asked. */
  originMs: number | undefined
}

export const principalOf = (exchange: Exchange): Principal | undefined => exchange.token?.principal
