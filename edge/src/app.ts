import { problemStatus } from '@spillway/origin/contract'
import { Exchange, type RequestContext } from './exchange.ts'
import { arrivalOf } from './http/request-headers.ts'
import type { PagePlan, RequestPlan, UnmatchedPlan } from './http/request-plan.ts'
import { type Answer, type Pipeline, run } from './pipeline.ts'
import type { Site } from './site.ts'
import { reserve } from './stage/admit.ts'
import { type AnswerParts, finish, problemAnswer, problemOf } from './stage/answer.ts'
import { authorize } from './stage/authorize.ts'
import { recallOwnWrites } from './stage/consistency.ts'
import { passExport } from './stage/export.ts'
import { passFeed } from './stage/feed.ts'
import { passHistory } from './stage/history.ts'
import { answerOptions, type IdentifyParts, identify, negotiate, refuse } from './stage/identify.ts'
import { limitHere, limitInLocation } from './stage/limit.ts'
import { fromMemory, type LookupParts, shedOrStored, throughCache } from './stage/lookup.ts'
import { recover } from './stage/recover.ts'
import { type TakePurgesParts, takePurges } from './stage/take-purges.ts'
import { type VerifyParts, verify } from './stage/verify.ts'
import { type WarmUpParts, warmUpAfter } from './stage/warm-up.ts'
import { type WriteParts, write } from './stage/write.ts'

export type Parts = IdentifyParts &
  VerifyParts &
  LookupParts &
  WriteParts &
  TakePurgesParts &
  WarmUpParts &
  AnswerParts & { readonly site: Site }

/** Stages of each kind of request, in the order in which they are asked. */
export const pipelines: { readonly [Kind in RequestPlan['kind']]: PipelineOf<Kind> } = {
  read: [
    negotiate,
    verify,
    authorize,
    limitHere,
    recallOwnWrites,
    fromMemory,
    shedOrStored,
    limitInLocation,
    throughCache,
  ],
  feed: [negotiate, verify, authorize, limitHere, limitInLocation, passFeed],
  history: [negotiate, verify, authorize, limitHere, limitInLocation, passHistory],
  export: [verify, authorize, limitHere, limitInLocation, passExport],
  write: [verify, authorize, limitHere, reserve, negotiate, limitInLocation, write],
  invalid: [negotiate, verify, authorize, limitHere, refuse],
  options: [answerOptions],
  refused: [refuse],
  purge: [takePurges],
  page: [verify, limitHere, site],
  unmatched: [verify, limitHere, site],
}

/** Passes a request that matches no contract route to hono. */
function site(exchange: Exchange<PagePlan | UnmatchedPlan>, parts: Parts): Response | Promise<Response> {
  return parts.site.answer(exchange, parts)
}

type PipelineOf<Kind> = Pipeline<Exchange<Extract<RequestPlan, { kind: Kind }>>, Parts>

/** Answers one request. */
export type App = (request: Request, context: RequestContext) => Response | Promise<Response>

/**
 * Serves one request, stage by stage. A stage that needs no I/O returns no promise, so a memory hit for a token that
 * the isolate has already verified runs synchronously from start to end.
 *
 * perf: contract routes bypass the framework; hono serves all others (decision 16).
 */
export function createApp(parts: Parts): App {
  return (request, context) => {
    const arrival = arrivalOf(request, parts.now())
    const plan = identify(arrival, parts) // 1
    const exchange = new Exchange(arrival, plan, context, parts.ids)
    try {
      const answer = run(pipelineOf(exchange), exchange, parts)
      if (!(answer instanceof Promise)) return conclude(exchange, answer, parts)
      return answer
        .then((settled) => {
          const concluded = conclude(exchange, settled, parts)
          warmUpAfter(exchange, parts)
          return concluded
        })
        .catch((error) => conclude(exchange, recover(exchange, error, parts), parts))
    } catch (error) {
      return conclude(exchange, recover(exchange, error, parts), parts)
    }
  }
}

/** The cast: a plan's kind selects its own pipeline in {@link pipelines}, which an index type cannot express. */
const pipelineOf = ({ plan }: Exchange): Pipeline<Exchange, Parts> =>
  pipelines[plan.kind] as unknown as Pipeline<Exchange, Parts>

/** Adds the headers that every answer carries. */
function conclude(exchange: Exchange, answer: Answer, parts: Parts): Response {
  if (answer instanceof Response) {
    const { status } = answer
    const problem = problemOf(exchange, answer, status)
    if (problem === undefined) return finish(exchange, answer, status, parts)
    return finish(exchange, problemAnswer(exchange, problem, parts), problemStatus(problem), parts)
  }
  return finish(exchange, problemAnswer(exchange, answer, parts), problemStatus(answer), parts)
}
