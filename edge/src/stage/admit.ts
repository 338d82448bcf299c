import { type Priority, type Problem, priorityRank } from '@spillway/origin/contract'
import type { ControlSource } from '../auth/control-source.ts'
import { type Exchange, nowOf, priorityOf } from '../exchange.ts'
import type { PagePlan, ReadPlan, WritePlan } from '../http/request-plan.ts'
import type { OriginEndpoint, Reservation } from '../overload/origin-endpoint.ts'
import type { GateReason, Permit, Started, WaitBounds } from '../overload/permit.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import type { ShedLabel, ShedProblems } from '../overload/shed-problems.ts'
import { Waiter } from '../overload/wait-line.ts'
import { next } from '../pipeline.ts'
import { inTime } from '../platform/in-time.ts'

export interface AdmitParts {
  /** The preferred one first. */
  readonly endpoints: readonly OriginEndpoint[]
  readonly control: ControlSource
  readonly shedProblems: ShedProblems
  readonly now: () => number
  readonly random: () => number
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly endpoint: OriginEndpoint
  readonly permit: Started
}

export interface Shed {
  readonly kind: 'shed'
  readonly reason: ShedLabel
  readonly problem: Problem
}

/**
 * 6 for a write, which goes to the origin if it may: sets `reservation`. It is asked before its body and before anything
 * is waited for, so that a flood of writes is shed unread.
 */
export function reserve(exchange: Exchange<WritePlan>, parts: AdmitParts): Problem | typeof next {
  const priority = priorityOf(exchange)
  const nowMs = nowOf(exchange, parts.now)
  const reserved = reserveAt(parts.endpoints, priority, nowMs, parts)
  if (typeof reserved !== 'string') {
    exchange.reservation = reserved
    return next
  }
  const { problem, reason } = refusal(reserved, nowMs, parts)
  exchange.reason = reason
  return problem
}

function reserveAt(
  endpoints: readonly OriginEndpoint[],
  priority: Priority,
  nowMs: number,
  { control, random }: AdmitParts,
): Reservation | GateReason {
  if (isSwitchedOff(priority, control)) return 'switched-off'
  for (const endpoint of endpoints) {
    const permit = endpoint.gate.reserve(priority, nowMs, random())
    if (typeof permit !== 'string') return { endpoint, permit }
    if (permit !== 'breaker-open') return permit
  }
  return 'breaker-open'
}

/**
 * 6 for a read, which may find its answer on the way: whether it will be shed for certain, so that it need not be counted,
 * looked up or waited for. Nothing is reserved.
 */
export function foreseeShed(exchange: Exchange<ReadPlan | PagePlan>, parts: AdmitParts): Shed | undefined {
  const priority = priorityOf(exchange)
  const nowMs = nowOf(exchange, parts.now)
  const reason = isSwitchedOff(priority, parts.control)
    ? 'switched-off'
    : closedReason(parts.endpoints, priority, nowMs)
  return reason === undefined ? undefined : refusal(reason, nowMs, parts)
}

function closedReason(
  endpoints: readonly OriginEndpoint[],
  priority: Priority,
  nowMs: number,
): GateReason | undefined {
  for (const { gate } of endpoints) {
    const reason = gate.closedReason(priority, nowMs)
    if (reason !== 'breaker-open') return reason
  }
  return 'breaker-open'
}

export interface AdmitOrder {
  readonly priority: Priority
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes kept in memory for it while it waits. */
  readonly heldBytes: number
  /** Permit that {@link reserve} has reserved for this attempt. */
  readonly reservation: Reservation | undefined
  /** An origin that has just failed this request: the last one to try again. */
  readonly failed: OriginEndpoint | undefined
}

/**
 * 6 before a request is sent: starts its permit, which may take a moment: where only a place is lacking, it waits for
 * one. The next origin is tried only where one is down: load that is too much for the first would be too much for the
 * second.
 */
export async function admit(
  { priority, reservation, failed, ...wait }: AdmitOrder,
  parts: AdmitParts,
): Promise<Admitted | Shed> {
  const { control, now, random } = parts
  if (isSwitchedOff(priority, control)) return refusal('switched-off', now(), parts)
  for (const endpoint of inOrder(parts.endpoints, reservation?.endpoint, failed)) {
    const permit =
      reservation?.endpoint === endpoint
        ? reservation.permit
        : endpoint.gate.reserve(priority, now(), random())
    const started = typeof permit === 'string' ? permit : await start(permit, wait, now)
    if (typeof started !== 'string') return { kind: 'admitted', endpoint, permit: started }
    if (started !== 'breaker-open') return refusal(started, now(), parts)
  }
  return refusal('breaker-open', now(), parts)
}

async function start(permit: Permit, wait: WaitBounds, now: () => number): Promise<Started | GateReason> {
  const started = permit.start(now(), { wait })
  if (!(started instanceof Waiter)) return started
  await inTime(started.called, started.untilMs - now())
  return permit.turnOf(started)
}

/** The origin with a permit first, and the one that has failed last. */
function inOrder(
  endpoints: readonly OriginEndpoint[],
  first: OriginEndpoint | undefined,
  last: OriginEndpoint | undefined,
): readonly OriginEndpoint[] {
  if (endpoints.length === 1) return endpoints
  const rank = (endpoint: OriginEndpoint): number => (endpoint === first ? 0 : endpoint === last ? 2 : 1)
  return endpoints.toSorted((a, b) => rank(a) - rank(b))
}

/** Operators' switch: a priority and those below it are shed. */
function isSwitchedOff(priority: Priority, { current }: ControlSource): boolean {
  return current.shed !== undefined && priorityRank(priority) >= priorityRank(current.shed)
}

function refusal(gateReason: GateReason, nowMs: number, parts: AdmitParts): Shed {
  const reason = reasons[gateReason]
  const seconds = retryAfterSeconds(waitSeconds(gateReason, nowMs, parts), parts.random())
  return { kind: 'shed', reason, problem: parts.shedProblems.of(reason, seconds) }
}

function waitSeconds(reason: GateReason, nowMs: number, { endpoints }: AdmitParts): number {
  if (reason === 'switched-off') return 5
  if (reason !== 'breaker-open') return 1
  return Math.min(...endpoints.map(({ gate }) => gate.openForMs(nowMs))) / 1_000
}

/** A table, since joining strings would make one for each refusal. */
const reasons: Readonly<Record<GateReason, ShedLabel>> = {
  'switched-off': 'shed-switched-off',
  'breaker-open': 'shed-breaker-open',
  limit: 'shed-limit',
  'origin-load': 'shed-origin-load',
  throttled: 'shed-throttled',
}
