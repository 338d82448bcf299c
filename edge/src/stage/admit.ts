import { type Priority, type Problem, priorityRank } from '@spillway/origin/contract'
import type { ControlSource } from '../auth/control-source.ts'
import { type Exchange, nowOf, priorityOf } from '../exchange.ts'
import type { PagePlan, ReadPlan, WritePlan } from '../http/request-plan.ts'
import { byPreference, type OriginEndpoint, type Reservation } from '../overload/origin-endpoint.ts'
import type { GateReason, Permit, Started, WaitBounds } from '../overload/permit.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import type { ShedLabel, ShedProblems } from '../overload/shed-problems.ts'
import { Slot } from '../overload/slot.ts'
import { Waiter } from '../overload/wait-line.ts'
import { next } from '../pipeline.ts'
import { inTime } from '../platform/in-time.ts'

export interface AdmitParts {
  readonly endpoints: readonly OriginEndpoint[]
  readonly control: ControlSource
  readonly shedProblems: ShedProblems
  readonly now: () => number
  readonly random: () => number
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly endpoint: OriginEndpoint
  readonly slot: Slot
}

export interface Shed {
  readonly kind: 'shed'
  readonly reason: ShedLabel
  readonly problem: Problem
}

/**
 * Stage 6 for a request that only the origin can answer: reserves a permit and sets `reservation`. It runs before the
 * body and before any wait, so that a flood of writes is shed unread.
 */
export function reserve(
  exchange: Exchange<WritePlan | ReadPlan | PagePlan>,
  parts: AdmitParts,
): Problem | typeof next {
  const priority = priorityOf(exchange)
  const nowMs = nowOf(exchange, parts.now)
  const reserved = reserveAt(priority, nowMs, parts)
  if (typeof reserved !== 'string') {
    exchange.reservation = reserved
    return next
  }
  const { problem, reason } = refusal(reserved, nowMs, parts)
  exchange.reason = reason
  return problem
}

function reserveAt(
  priority: Priority,
  nowMs: number,
  { endpoints, control, random }: AdmitParts,
): Reservation | GateReason {
  if (isSwitchedOff(priority, control)) return 'switched-off'
  for (const endpoint of byPreference(endpoints, random)) {
    const permit = endpoint.gate.reserve(priority, nowMs, random())
    if (typeof permit !== 'string') return { endpoint, permit }
    if (permit !== 'breaker-open') return permit
  }
  return 'breaker-open'
}

/**
 * Stage 6 for a read: whether it would certainly be shed if it had to go to the origin. Then it need not be counted,
 * looked up or awaited. Reserves nothing.
 */
export function foreseeShed(exchange: Exchange<ReadPlan | PagePlan>, parts: AdmitParts): Shed | undefined {
  const priority = priorityOf(exchange)
  const nowMs = nowOf(exchange, parts.now)
  const reason = isSwitchedOff(priority, parts.control)
    ? 'switched-off'
    : closedReason(priority, nowMs, parts)
  return reason === undefined ? undefined : refusal(reason, nowMs, parts)
}

function closedReason(
  priority: Priority,
  nowMs: number,
  { endpoints, random }: AdmitParts,
): GateReason | undefined {
  for (const { gate } of byPreference(endpoints, random)) {
    const reason = gate.closedReason(priority, nowMs)
    if (reason !== 'breaker-open') return reason
  }
  return 'breaker-open'
}

/** Whether the origin has room for work that nobody waits for: nothing sheds it, and no request waits for a slot. */
export const hasRoom = (nowMs: number, parts: AdmitParts): boolean =>
  !isSwitchedOff('background', parts.control) &&
  closedReason('background', nowMs, parts) === undefined &&
  parts.endpoints.every(({ gate }) => gate.waiting === 0)

export interface AdmitOrder {
  readonly priority: Priority
  /** Time by which its answer must have arrived; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes buffered for it while it waits. */
  readonly heldBytes: number
  /** The permit that {@link reserve} reserved for this attempt. */
  readonly reservation: Reservation | undefined
  /** The origin that has just failed this request: the last choice for a retry. */
  readonly failed: OriginEndpoint | undefined
}

/**
 * First part of `forward`: starts the request's permit, waiting briefly if only a slot is lacking. It tries the next
 * endpoint only when one is down: load that overloads the least busy one would overload the others.
 */
export async function admit(
  { priority, reservation, failed, ...wait }: AdmitOrder,
  parts: AdmitParts,
): Promise<Admitted | Shed> {
  const { control, now, random } = parts
  if (isSwitchedOff(priority, control)) return refusal('switched-off', now(), parts)
  const preferred = byPreference(parts.endpoints, random)
  for (const endpoint of inOrder(preferred, reservation?.endpoint, failed)) {
    const permit =
      reservation?.endpoint === endpoint
        ? reservation.permit
        : endpoint.gate.reserve(priority, now(), random())
    const started = typeof permit === 'string' ? permit : await start(permit, wait, now)
    if (typeof started !== 'string') return { kind: 'admitted', endpoint, slot: new Slot(started, parts) }
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

/** Puts the origin with the permit first, and a failed one last. */
function inOrder(
  endpoints: readonly OriginEndpoint[],
  first: OriginEndpoint | undefined,
  last: OriginEndpoint | undefined,
): readonly OriginEndpoint[] {
  if (endpoints.length === 1) return endpoints
  const rank = (endpoint: OriginEndpoint): number => (endpoint === first ? 0 : endpoint === last ? 2 : 1)
  return endpoints.toSorted((a, b) => rank(a) - rank(b))
}

/** Whether operators switched off this priority or a more important one. */
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

/** perf: a table, since concatenation would allocate a string per refusal. */
const reasons: Readonly<Record<GateReason, ShedLabel>> = {
  'switched-off': 'shed-switched-off',
  'breaker-open': 'shed-breaker-open',
  limit: 'shed-limit',
  'origin-load': 'shed-origin-load',
  throttled: 'shed-throttled',
}
