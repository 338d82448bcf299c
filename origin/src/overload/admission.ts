import {
  headers,
  isPriority,
  type Priority,
  type Problem,
  type ProblemCode,
  problemStatus,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { sendProblem } from '../http/problem.ts'
import type { AdmissionControl, ServiceEnd, ShedReason, Waiter } from './admission-control.ts'

/**
 * Admission of a request before its body is read: it gets a slot or is refused. A refused request had no effect, so it
 * may be sent again unchanged.
 *
 * @param fallback priority of the resource, for a request without one
 */
export function admissionStage(admission: AdmissionControl, fallback: Priority): onRequestHookHandler {
  return (request, reply, done) => {
    const { socket } = request.raw
    // Skips a caller who has left: the body never comes, and nothing would free the slot.
    if (socket.destroyed) return
    const priority = priorityOf(request, fallback)
    request.priority = priority
    const { deadlineMs, startedAtMs: now } = request
    const verdict = admission.tryAcquire(priority, deadlineMs, now)
    if (verdict === 'admitted') {
      request.admittedAtMs = now
      done()
      return
    }
    if (verdict !== 'full') {
      sendProblem(reply, shed(verdict, admission.retryAfterSeconds(now)))
      return
    }
    const waiter = new Waiting(admission, request, reply, done)
    const wait = admission.wait(priority, deadlineMs, waiter, now)
    if (wait !== 'waiting') waiter.refused(wait)
  }
}

/** A queued request. perf: it polls its socket, since a listener would cost as much as the queue does. */
class Waiting implements Waiter {
  readonly #admission: AdmissionControl
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #done: () => void

  constructor(admission: AdmissionControl, request: FastifyRequest, reply: FastifyReply, done: () => void) {
    this.#admission = admission
    this.#request = request
    this.#reply = reply
    this.#done = done
  }

  get isGone(): boolean {
    return this.#request.raw.socket.destroyed
  }

  admitted(now: number): void {
    this.#request.admittedAtMs = now
    this.#done()
  }

  refused(reason: ShedReason): void {
    sendProblem(this.#reply, shed(reason, this.#admission.retryAfterSeconds(performance.now())))
  }
}

/** Frees the slot. Called exactly once for every admitted request. */
export function releaseAdmission(
  admission: AdmissionControl,
  request: FastifyRequest,
  status: number,
  now: number,
): void {
  const { admittedAtMs, ownTime } = request
  if (admittedAtMs === 0) return
  request.admittedAtMs = 0
  const isNoMeasure = request.raw.socket.destroyed || request.target.takesItsTime === true
  const end = isNoMeasure ? 'ignored' : serviceEnd(status, request.problem)
  admission.release(admittedAtMs + (ownTime?.ms ?? 0), end, now)
}

/** Set by the edge, which the trust stage has verified. */
function priorityOf({ headers: sent, principal }: FastifyRequest, fallback: Priority): Priority {
  const asked = sent[headers.priority]
  return isPriority(asked) ? asked : (principal?.priority ?? fallback)
}

/** Problems that need no database call, so their latency says nothing about it. */
const effortless: ReadonlySet<ProblemCode> = new Set([
  'bad-request',
  'invalid-header',
  'invalid-query',
  'invalid-cursor',
  'malformed-json',
  'content-too-large',
  'unsupported-media-type',
  'validation-failed',
  'precondition-required',
  'idempotency-key-in-use',
  'internal-error',
])

export function serviceEnd(status: number, problem: Problem | undefined): ServiceEnd {
  if (problem === undefined) return status < 500 ? 'served' : 'ignored'
  if (problem.isOwnFault === true) return 'ignored'
  if (problemStatus(problem) === 503 || problemStatus(problem) === 504) return 'dropped'
  return effortless.has(problem.code) ? 'ignored' : 'served'
}

const shedDetails: Readonly<Record<ShedReason, string>> = {
  busy: 'Too many requests are waiting. Nothing was done; retry later.',
  queueTime: 'The request waited too long in the queue. Nothing was done; retry later.',
  deadline: 'The request could not be served before its deadline. Nothing was done; retry later.',
}

const shed = (reason: ShedReason, retryAfterSeconds: number): Problem => ({
  code: 'overloaded',
  detail: shedDetails[reason],
  retryAfterSeconds,
})
