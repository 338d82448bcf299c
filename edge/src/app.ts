import { type Problem, ProblemError, problemStatus } from '@spillway/origin/contract'
import { Exchange, type Keeper, nowOf } from './exchange.ts'
import { readHead } from './policy/request-headers.ts'
import type { PagePlan, ReadPlan, ServedPlan, WritePlan } from './policy/request-plan.ts'
import { foreseeShed, shedProblem } from './stage/admit.ts'
import { type AnswerParts, finish, problemAnswer } from './stage/answer.ts'
import { authorize } from './stage/authorize.ts'
import { recallOwnWrites } from './stage/consistency.ts'
import { ForwardError } from './stage/forward.ts'
import { type IdentifyParts, identify, negotiate } from './stage/identify.ts'
import { type LimitParts, limitHere, limitInLocation } from './stage/limit.ts'
import {
  type LookupParts,
  lookUp,
  lookUpHere,
  lookUpStored,
  missingProblem,
  priorityOf,
  rangeProblem,
} from './stage/lookup.ts'
import { heedRevision, type RevisionParts } from './stage/revision.ts'
import { type VerifyParts, verify } from './stage/verify.ts'
import { type WriteParts, write } from './stage/write.ts'

export type Parts = IdentifyParts &
  VerifyParts &
  LimitParts &
  LookupParts &
  RevisionParts &
  WriteParts &
  AnswerParts

/** What one stage says: a refusal, an answer, or nothing, and then the next one is asked. */
type Verdict = Problem | Response | undefined

/** Answers one request. */
export type App = (request: Request, keeper: Keeper) => Response | Promise<Response>

/**
 * One request, stage by stage. What needs no I/O is decided without a promise, so that a read that is known to the
 * isolate, from a caller that is known to it, is answered in one go.
 *
 * No framework stands around it. The contract routes, and what one would carry in and out, its context for each request
 * above all, was a quarter of what an answer from memory cost beyond the runtime's own share (decision 16).
 */
export function createApp(parts: Parts): App {
  const begin = (exchange: Exchange): Verdict | Promise<Verdict> => {
    const verdict = identify(exchange, parts) // 1
    if (verdict !== undefined) return verdict
    const verified = verify(exchange, parts) // 2
    return verified instanceof Promise
      ? verified.then((refused) => refused ?? proceed(exchange))
      : (verified ?? proceed(exchange))
  }

  const proceed = (exchange: Exchange): Verdict | Promise<Verdict> => {
    const refused = authorize(exchange) ?? limitHere(exchange, parts) // 3, 4
    if (refused !== undefined) return refused
    const { plan } = exchange
    if (plan === undefined) return undefined
    if (plan.kind === 'invalid') return plan.problem
    if (plan.kind === 'write')
      return shed(exchange, plan) ?? negotiate(exchange) ?? forwardWrite(exchange, plan)
    if (plan.kind === 'read') {
      const recalled = recallOwnWrites(exchange, plan.route.resource.name, parts) // 5
      if (recalled !== undefined) return recalled.then(() => readOn(exchange, plan))
    }
    return lookUpHere(exchange, plan, parts) ?? readOn(exchange, plan)
  }

  const shed = (exchange: Exchange, plan: ServedPlan): Problem | undefined => {
    // A read may find its answer on the way; a write goes all of it.
    exchange.isCast = plan.kind === 'write'
    const { shed: shedFrom } = parts.control.current
    const nowMs = nowOf(exchange, parts.now)
    const foreseen = foreseeShed(priorityOf(exchange, plan), shedFrom, exchange.isCast, nowMs, parts) // 6
    if (foreseen === undefined) return undefined
    exchange.reason = foreseen.reason
    return shedProblem(foreseen)
  }

  const readOn = async (exchange: Exchange, plan: ReadPlan | PagePlan): Promise<Verdict> => {
    const refused = shed(exchange, plan)
    if (refused !== undefined) return (await lookUpStored(exchange, plan, parts)) ?? refused
    return (await limitInLocation(exchange, parts)) ?? (await lookUp(exchange, plan, parts)) // 4, 5, 6, 7
  }

  const forwardWrite = async (exchange: Exchange, plan: WritePlan): Promise<Verdict> => {
    const refused = await limitInLocation(exchange, parts) // 4
    if (refused !== undefined) return refused
    const answer = await write(exchange, plan, parts) // 6, 7
    heedRevision(exchange, plan.route, answer, parts)
    return answer
  }

  const conclude = (exchange: Exchange, verdict: Verdict): Response => {
    let problem: Problem
    if (verdict instanceof Response) {
      const { status } = verdict
      const isMissing = status === 404 && exchange.plan?.kind === 'read'
      if (status !== 416 && !isMissing) return finish(exchange, verdict, status, parts)
      problem = isMissing ? missingProblem(verdict) : rangeProblem(verdict)
    } else {
      problem = verdict ?? unexpected
    }
    return finish(exchange, problemAnswer(exchange, problem, parts), problemStatus(problem), parts)
  }

  const recover = (exchange: Exchange, error: unknown): Problem => {
    if (error instanceof ForwardError) exchange.reason = error.reason
    if (error instanceof ProblemError) return error.problem
    parts.observe({
      kind: 'fault',
      what: 'unexpected',
      where: exchange.plan?.pattern ?? 'request',
      message: error instanceof Error ? `${error.name}: ${error.message}` : 'not an error',
      requestId: exchange.requestId,
    })
    return unexpected
  }

  const serve: App = (request, keeper) => {
    const { ids, now } = parts
    const exchange = new Exchange(request, readHead(request), keeper, { arrivedAtMs: now(), ids })
    try {
      const verdict = begin(exchange)
      if (!(verdict instanceof Promise)) return conclude(exchange, verdict)
      exchange.hasWaited = true
      return verdict
        .then((settled) => conclude(exchange, settled))
        .catch((error) => conclude(exchange, recover(exchange, error)))
    } catch (error) {
      return conclude(exchange, recover(exchange, error))
    }
  }

  return serve
}

const unexpected: Problem = {
  code: 'internal-error',
  detail: 'Something went wrong on our side; the request id tells us what.',
}
