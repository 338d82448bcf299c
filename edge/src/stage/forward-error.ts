import { type Problem, ProblemError } from '@spillway/origin/contract'
import type { OriginOutcome } from '../overload/permit.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { overloadedDetail } from '../overload/shed-problems.ts'

/** Why no answer came, with the problem for a reader. */
export class ForwardError extends ProblemError {
  readonly reason: string
  /** Whether the origin may have received the request: then a write's outcome is unknown, and its caller must know. */
  readonly mayHaveArrived: boolean

  constructor(problem: Problem, reason: string, mayHaveArrived: boolean) {
    super(problem)
    this.reason = reason
    this.mayHaveArrived = mayHaveArrived
  }
}

/** The error for a request that reaches `forward` after its deadline. */
export const tooLate = (): ForwardError =>
  new ForwardError(
    {
      code: 'deadline-exceeded',
      detail: 'The deadline passed before the request was sent to the origin. Nothing was done.',
    },
    'too-late',
    false,
  )

/**
 * The error for a missing answer, worded for a reader; `write` tells a writer the outcome. A gateway's refusal counts
 * as arrived, since it may have forwarded the request.
 */
export function failure(outcome: OriginOutcome, random: number): ForwardError {
  switch (outcome) {
    case 'timeout':
      return new ForwardError(late(random), 'origin-timeout', true)
    case 'refused':
      return new ForwardError(busy(random), 'origin-refused', true)
    case 'abandoned':
      return abandoned()
    default:
      return new ForwardError(unreachable(random), 'origin-unreachable', true)
  }
}

const late = (random: number): Problem => ({
  code: 'deadline-exceeded',
  detail: 'The origin did not answer in time.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const busy = (random: number): Problem => ({
  code: 'overloaded',
  detail: overloadedDetail,
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const unreachable = (random: number): Problem => ({
  code: 'origin-unreachable',
  detail: 'The origin cannot be reached.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

/** The first attempt may have acted, and the answer to its retry does not tell. */
export const repeatRefused = (random: number): ForwardError =>
  new ForwardError(unreachable(random), 'repeat-refused', true)

/** The origin rejected the edge's assertion. */
export const distrusted = (random: number): ForwardError =>
  new ForwardError(
    {
      code: 'origin-unreachable',
      detail: 'The origin did not accept the request from this edge. Nothing was done.',
      retryAfterSeconds: retryAfterSeconds(1, random),
    },
    'origin-distrusts-edge',
    false,
  )

/**
 * 408, since the client's behaviour is not a server error (RFC 9110 §15.5.9). The origin acts only on whole bodies, so
 * a write whose body never ended has not happened.
 */
export const abandoned = (): ForwardError =>
  new ForwardError(
    {
      code: 'request-timeout',
      detail: 'The body did not arrive within one second. Nothing was done.',
      retryAfterSeconds: 1,
    },
    'client-slow-or-gone',
    false,
  )
