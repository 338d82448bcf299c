import {
  deadline,
  headers as names,
  type Principal,
  type Priority,
  type RepresentationRevision,
} from '@spillway/origin/contract'
import type { VerifiedToken } from './auth/verified-token.ts'
import type { Viewer } from './cache/index.ts'
import { type Arrival, isUuid, type RequestHead } from './http/request-headers.ts'
import type { RequestPlan, ServedPlan } from './http/request-plan.ts'
import type { TraceContext } from './http/trace-context.ts'
import type { OriginAttempt } from './observe/spans.ts'
import type { Reservation } from './overload/origin-endpoint.ts'
import type { RandomIds } from './platform/random-ids.ts'

/** The part of the runtime's execution context that a request uses. */
export type RequestContext = Pick<ExecutionContext, 'waitUntil' | 'passThroughOnException' | 'props'>

/**
 * State of one request/response exchange while it passes the stages. Each stage reads what earlier stages recorded here
 * and adds its own findings.
 */
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
  /** The caller's right to the one stored copy of a document; `undefined` where each audience has its own. */
  viewer: Viewer | undefined
  /**
   * Whether any stage has awaited something. If not, the request id has left this isolate nowhere and the clock has not
   * moved.
   */
  hasWaited = false
  /** The permit of a write, reserved before its body arrives, or of a read that only the origin can answer. */
  reservation: Reservation | undefined
  /** Why the request was refused, for the log: a problem code, or a more specific reason. */
  reason: string | undefined
  /** Tags that the origin named as obsolete after this request. */
  purgeTags: readonly string[] = []
  /** Whether part of the write may still happen: a batch has an item of unknown outcome. */
  isUnsettled = false
  /** The resource revision that the origin's last answer reported; `undefined` if it reported none. */
  revision: RepresentationRevision | undefined
  /**
   * Whether an attempt was sent and its answer lost: its effect at the origin is unknown, whatever a later attempt
   * says.
   */
  hasLostAttempt = false
  /** Time that the origin took; `undefined` when it was not asked. */
  originMs: number | undefined
  /** Time for which its attempts waited for a slot at the origin. */
  slotMs = 0
  /** The origin's own `Server-Timing`, if it was asked for. */
  originTiming: string | null = null
  /** Its trace, once somebody has to know it. */
  trace: TraceContext | undefined
  /** Whether it is recorded as spans; `undefined` until that is decided. */
  isSampled: boolean | undefined
  /** The last attempt at the origin. */
  originAttempt: OriginAttempt | undefined
  /** Whether the answer repeats an earlier one, request id included. */
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

  /** Keeps work alive after the answer has gone out or the client has left. */
  waitUntil(work: Promise<unknown>): void {
    this.context.waitUntil(work)
  }

  /** The caller's request id if it is a UUID, so that callers cannot inject text into our logs; otherwise a new one. */
  get requestId(): string {
    this.#requestId ??= this.#sentId() ?? this.#ids.next()
    return this.#requestId
  }

  /** Whether the request id has already been sent to the origin or a log. */
  get isNamed(): boolean {
    return this.#requestId !== undefined
  }

  /** Whether the answer already carries the request id. */
  get isMarked(): boolean {
    return this.#isMarked
  }

  /** Adopts the id of an answer that many requests share. `isRepeat`: this request is not the first of them. */
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

/**
 * The current time. perf: the runtime's clock stands still until something is awaited, so the arrival time is reused.
 */
export const nowOf = ({ hasWaited, arrivedAtMs }: Exchange, now: () => number): number =>
  hasWaited ? now() : arrivedAtMs

export const principalOf = (exchange: Exchange): Principal | undefined => exchange.token?.principal

/** For logs: `/v1/places/:id`; `undefined` where the request matched nothing. */
export const patternOf = ({ plan }: Exchange): string | undefined =>
  'pattern' in plan ? plan.pattern : undefined

/** The token's priority, or else the resource's. */
export const priorityOf = (exchange: Exchange<ServedPlan>): Priority =>
  principalOf(exchange)?.priority ?? exchange.plan.priority

/** The same of any request; `undefined` where it matched no route that has one. */
export const priorityIfAny = ({ plan, token }: Exchange): Priority | undefined =>
  'priority' in plan ? (token?.principal.priority ?? plan.priority) : undefined

/** Whether requests of its kind have more time than others. */
export const takesItsTime = (plan: RequestPlan): boolean =>
  plan.kind === 'write' ? plan.timeoutMs > deadline.budgetMs : plan.kind === 'export' || plan.kind === 'feed'

/** Latest useful time for the answer; epoch milliseconds. */
export const deadlineOf = ({ arrivedAtMs, plan }: Exchange): number =>
  arrivedAtMs + (plan.kind === 'write' ? plan.timeoutMs : deadline.budgetMs)
