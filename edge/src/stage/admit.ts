import { type Priority, type Problem, priorityRank } from '@spillway/origin/contract'
import { CommonProblem } from '../policy/common-problem.ts'
import type { OriginGate, Pass, ShedReason } from '../policy/origin-gate.ts'
import { retryAfterSeconds } from '../policy/retry-after.ts'
import { Waiter } from '../policy/wait-line.ts'
import { inTime } from '../runtime/in-time.ts'

/** An origin and what this isolate knows of its health. */
export interface OriginEndpoint {
  /** Base URL without a trailing slash. */
  readonly url: string
  readonly gate: OriginGate
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly endpoint: OriginEndpoint
  readonly pass: Pass
}

export interface Shed {
  readonly kind: 'shed'
  /** As it is told to operators. */
  readonly reason: (typeof reasons)[ShedReason]
  readonly retryAfterSeconds: number
}

export interface AdmitParts {
  /** The preferred one first. */
  readonly endpoints: readonly OriginEndpoint[]
  readonly now: () => number
  readonly random: () => number
}

/**
 * 6. Whether the origin may be asked, which may take a moment: where only a place is lacking, it waits for one. The next
 * origin is tried only where one is down: load that is too much for the first would be too much for the second.
 *
 * @param shedFrom operators' switch: this priority and those below it are shed
 */
export async function admit(
  { priority, isCast = false, failed, ...wait }: AdmitOrder,
  shedFrom: Priority | undefined,
  parts: AdmitParts,
): Promise<Admitted | Shed> {
  const { endpoints, now, random } = parts
  if (isSwitchedOff(priority, shedFrom)) return shed('switched-off', now(), parts)
  const inOrder =
    failed === undefined ? endpoints : [...endpoints.filter((endpoint) => endpoint !== failed), failed]
  for (const endpoint of inOrder) {
    const { gate } = endpoint
    let entered = gate.enter(priority, now(), random, { isCast, wait })
    if (entered instanceof Waiter) {
      await inTime(entered.called, entered.untilMs - now())
      entered = gate.turnOf(entered)
    }
    if (typeof entered !== 'string') return { kind: 'admitted', endpoint, pass: entered }
    if (entered !== 'breaker-open') return shed(entered, now(), parts)
  }
  return shed('breaker-open', now(), parts)
}

export interface AdmitOrder {
  readonly priority: Priority
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes kept in memory for it while it waits. */
  readonly heldBytes: number
  /** Whether {@link foreseeShed} has cast the throttle's dice for it already. @default false */
  readonly isCast?: boolean
  /** An origin that has just failed this request: the last one to try again. */
  readonly failed?: OriginEndpoint | undefined
}

/**
 * What {@link admit} would say, where that is certain already: whoever will be shed need not be counted, looked up or
 * waited for first.
 *
 * @param isCertain whether the request goes to the origin if it may: then the throttle's dice are cast here, and
 *   {@link admit} must be told so
 */
export function foreseeShed(
  priority: Priority,
  shedFrom: Priority | undefined,
  isCertain: boolean,
  nowMs: number,
  parts: AdmitParts,
): Shed | undefined {
  if (isSwitchedOff(priority, shedFrom)) return shed('switched-off', nowMs, parts)
  const { endpoints, random } = parts
  for (const { gate } of endpoints) {
    const reason = isCertain ? gate.foresee(priority, nowMs, random()) : gate.shedReason(priority, nowMs)
    if (reason === undefined) return undefined
    if (reason !== 'breaker-open') return shed(reason, nowMs, parts)
  }
  return shed('breaker-open', nowMs, parts)
}

const isSwitchedOff = (priority: Priority, shedFrom: Priority | undefined): boolean =>
  shedFrom !== undefined && priorityRank(priority) >= priorityRank(shedFrom)

function shed(reason: ShedReason, nowMs: number, parts: AdmitParts): Shed {
  const baseSeconds = waitSeconds(reason, nowMs, parts)
  return {
    kind: 'shed',
    reason: reasons[reason],
    retryAfterSeconds: retryAfterSeconds(baseSeconds, parts.random()),
  }
}

function waitSeconds(reason: ShedReason, nowMs: number, { endpoints }: AdmitParts): number {
  if (reason === 'switched-off') return 5
  if (reason !== 'breaker-open') return 1
  return Math.min(...endpoints.map(({ gate }) => gate.openForMs(nowMs))) / 1_000
}

const reasons = {
  'switched-off': 'shed-switched-off',
  'breaker-open': 'shed-breaker-open',
  limit: 'shed-limit',
  'origin-load': 'shed-origin-load',
  throttled: 'shed-throttled',
} as const satisfies Readonly<Record<ShedReason, string>>

export function shedProblem({ reason, retryAfterSeconds }: Shed): Problem {
  const { detail, problems } = told[reason]
  let problem = problems.get(retryAfterSeconds)
  if (problem === undefined) {
    problem = new CommonProblem('overloaded', detail, retryAfterSeconds)
    problems.set(retryAfterSeconds, problem)
  }
  return problem
}

/** One problem for each reason, which its log line names, and number of seconds, of which there are a dozen. */
const told = Object.fromEntries(
  Object.values(reasons).map((reason) => {
    const isDown = reason === 'shed-breaker-open'
    const what = isDown ? 'The origin cannot be reached at the moment' : 'Too busy to take this request'
    const problems = new Map<number, CommonProblem>()
    return [reason, { detail: `${what}; this request has touched nothing.`, problems }]
  }),
) as Readonly<
  Record<Shed['reason'], { readonly detail: string; readonly problems: Map<number, CommonProblem> }>
>
