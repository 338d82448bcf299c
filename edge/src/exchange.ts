import {
  deadline,
  headers as names,
  type Principal,
  type Priority,
  type ToldRevision,
} from '@spillway/origin/contract'
import type { VerifiedToken } from './auth/token-verifier.ts'
import { type Arrival, isUuid, type RequestHead } from './http/request-headers.ts'
import type { RequestPlan, ServedPlan } from './http/request-plan.ts'
import type { Reservation } from './overload/origin-endpoint.ts'
import type { RandomIds } from './platform/random-ids.ts'

/** The runtime's side of a request. */
export type RequestContext = Pick<ExecutionContext, 'waitUntil' | 'passThroughOnException' | 'props'>

/** One request on its way through the stages. Each stage reads what those before it found and adds its own. */
export class Exchange<Plan extends RequestPlan = RequestPlan> {
  readonly request: Request
  readonly head: RequestHead
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number
  readonly plan: Plan
  readonly context: RequestContext
  token: VerifiedToken | undefined
  /** The instant from which this caller must see the resource, from its consistency token; epoch milliseconds. */
  notBeforeMs: number | undefined
  /** Whether anything was waited for: else nobody but this isolate has heard of it, and no time has passed. */
  hasWaited = false
  /** The permit of a write, from before its body is here. */
  reservation: Reservation | undefined
  /** Why it was refused, for the log: a problem code, or something finer. */
  reason: string | undefined
  /** Tags that the origin named as made obsolete by this request. */
  purgeTags: readonly string[] = []
  /** Whether a part of the answer may happen yet: an item of a batch whose outcome is not known. */
  isUnsettled = false
  /** The revision of the resource in the origin's last answer, where that was about a resource. */
  toldRevision: ToldRevision | undefined
  /** An attempt was sent and its answer lost: what it did at the origin is not known, whatever the next one says. */
  hasLostAttempt = false
  /** How long the origin took, where it was asked. */
  originMs: number | undefined
  /** Whether it was answered as others were just before, request id included. */
  isRepeat = false
  readonly #ids: RandomIds
  #isMarked = false
  #requestId: string | undefined

  constructor(arrival: Arrival, plan: Plan, context: RequestContext, ids: RandomIds) {
    this.request = arrival.request
    this.head = arrival
    this.arrivedAtMs = arrival.arrivedAtMs
    this.plan = plan
    this.context = context
    this.#ids = ids
  }

  /** Keeps work going when the answer is out, or nobody waits for it any more. */
  waitUntil(work: Promise<unknown>): void {
    this.context.waitUntil(work)
  }

  /** The caller's request id where it is a UUID, so that it cannot write into our logs; otherwise a new one. */
  get requestId(): string {
    this.#requestId ??= this.#sentId() ?? this.#ids.next()
    return this.#requestId
  }

  /** Whether somebody has been told its id already. */
  get isNamed(): boolean {
    return this.#requestId !== undefined
  }

  /** Whether its answer carries the request id already. */
  get isMarked(): boolean {
    return this.#isMarked
  }

  /** It is answered as others are, under an id that all of them have; `isRepeat`: not as the first of them. */
  takeId(shared: string, isRepeat: boolean): void {
    this.#requestId = shared
    this.#isMarked = true
    this.isRepeat = isRepeat
  }

  #sentId(): string | undefined {
    const sent = this.head.headers.get(names.requestId)
    return sent !== null && isUuid(sent) ? sent.toLowerCase() : undefined
  }
}

/** The time. While nothing is waited for the runtime's clock stands still, so that it need not be asked again. */
export const nowOf = ({ hasWaited, arrivedAtMs }: Exchange, now: () => number): number =>
  hasWaited ? now() : arrivedAtMs

export const principalOf = (exchange: Exchange): Principal | undefined => exchange.token?.principal

/** For logs: `/v1/places/:id`; `undefined` where the request matched nothing. */
export const patternOf = ({ plan }: Exchange): string | undefined =>
  'pattern' in plan ? plan.pattern : undefined

/** The token's priority, or else the resource's. */
export const priorityOf = (exchange: Exchange<ServedPlan>): Priority =>
  principalOf(exchange)?.priority ?? exchange.plan.priority

/** When an exchange's answer is too late; epoch milliseconds. */
export const deadlineOf = ({ arrivedAtMs, plan }: Exchange): number =>
  arrivedAtMs + (plan.kind === 'write' ? plan.timeoutMs : deadline.budgetMs)
