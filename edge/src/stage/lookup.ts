import { cacheKey, deadline, noSuchDocument, type Problem, priorityRank } from '@spillway/origin/contract'
import type { ForwardOrder } from '../cache/index.ts'
import { BrokenAnswer, LateAnswer } from '../cache/index.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import { conditionalFields } from '../policy/forwarded-headers.ts'
import { type PagePlan, type ReadPlan, readTags } from '../policy/request-plan.ts'
import { Deadline } from '../runtime/deadline.ts'
import { deadlineOf, ForwardError, type Forwarding, type ForwardParts, failure, forward } from './forward.ts'
import { heedRevision, type RevisionParts } from './revision.ts'

export type LookupParts = ForwardParts & RevisionParts

type Readable = ReadPlan | PagePlan

/** What an answer is stored under; `undefined` where the contract keeps nothing. */
function keyOf(exchange: Exchange, plan: Readable): string | undefined {
  if (plan.kind === 'page') return plan.target
  if (plan.sharedKey !== undefined || !plan.isStored) return plan.sharedKey
  return cacheKey(plan.route, plan.canonical, principalOf(exchange)?.subject)
}

/** 5a. A fresh answer from memory, at once. */
export function lookUpHere(exchange: Exchange, plan: Readable, { cache }: LookupParts): Response | undefined {
  const key = keyOf(exchange, plan)
  if (key === undefined) return undefined
  const { arrivedAtMs, head, notBeforeMs } = exchange
  return cache.tryFresh(key, head, arrivedAtMs, notBeforeMs)
}

/**
 * 5b. An answer from the cache, or through it from the origin. When the origin cannot be asked, anything stored that
 * is still usable is better than a refusal.
 *
 * @throws {ForwardError} when there is nothing
 */
export async function lookUp(exchange: Exchange, plan: Readable, parts: LookupParts): Promise<Response> {
  const key = keyOf(exchange, plan)
  if (key === undefined)
    return await held(exchange, forward(exchange, ownRead(exchange, plan, parts.now()), parts))
  const { head, notBeforeMs } = exchange
  const call = {
    request: head,
    key,
    waitUntil: (work: Promise<unknown>) => exchange.waitUntil(work),
    // Documents and lists name their own; the rest can be purged as one, after a deployment.
    ...(plan.kind === 'page' && { tags: ['pages'] }),
    ...(plan.kind === 'read' && { foreseenTags: readTags(plan.route, principalOf(exchange)?.subject) }),
    ...(notBeforeMs !== undefined && { notBeforeMs }),
  }
  try {
    return await parts.cache.handle({
      ...call,
      untilMs: deadlineOf(exchange),
      rank: priorityRank(priorityOf(exchange, plan)),
      forward: (order) => held(exchange, askToShare(exchange, plan, order, parts)),
    })
  } catch (error) {
    const failed = failureOf(error, parts)
    if (failed === undefined) throw error
    const stored = await parts.cache.serveStored(call)
    if (stored === undefined) throw failed
    exchange.reason = failed.reason
    return stored
  }
}

/** Asks for an answer that is to be stored, and learns from it as what the origin shows the resource now. */
async function askToShare(
  exchange: Exchange,
  plan: Readable,
  order: ForwardOrder,
  parts: LookupParts,
): Promise<Response> {
  const answer = await forward(exchange, sharedRead(exchange, plan, order, parts.now()), parts)
  if (plan.kind === 'read') heedRevision(exchange, plan.route, answer, parts)
  return answer
}

/** Sees the work through, also where the client has left. */
function held(exchange: Exchange, answer: Promise<Response>): Promise<Response> {
  exchange.waitUntil(answer.catch(() => undefined))
  return answer
}

function failureOf(error: unknown, { random }: LookupParts): ForwardError | undefined {
  if (error instanceof ForwardError) return error
  if (error instanceof LateAnswer) return failure('timeout', random())
  return error instanceof BrokenAnswer ? failure('unreachable', random()) : undefined
}

/** 5c. For a read that will be shed: anything stored that is still usable, without asking the origin. */
export async function lookUpStored(
  exchange: Exchange,
  plan: Readable,
  { cache }: LookupParts,
): Promise<Response | undefined> {
  const key = keyOf(exchange, plan)
  if (key === undefined) return undefined
  const { head, notBeforeMs } = exchange
  return await cache.serveStored({ request: head, key, ...(notBeforeMs !== undefined && { notBeforeMs }) })
}

/**
 * A document that is not there, said anew to each who asks: what is stored of it, or was waited for together, names the
 * request of whoever asked first.
 */
export function missingProblem({ headers, body }: Response): Problem {
  body?.cancel().catch(() => undefined)
  const kept = [...headers].filter(([name]) => !ofTheBody.includes(name))
  return { ...noSuchDocument, headers: Object.fromEntries(kept) }
}

const ofTheBody: readonly string[] = ['content-type', 'content-length', 'cache-control']

/** What the cache says by a bare 416 (RFC 9110 §15.5.17), as every other refusal is said. */
export function rangeProblem({ headers }: Response): Problem {
  return {
    code: 'range-not-satisfiable',
    detail: 'The range starts after the end of the answer; leave Range out to get all of it.',
    headers: { 'content-range': headers.get('content-range') ?? 'bytes */*' },
  }
}

/** A read whose answer the cache may keep and share: nothing of this client's is in it but who asks. */
function sharedRead(exchange: Exchange, plan: Readable, order: ForwardOrder, nowMs: number): Forwarding {
  const conditions = order.keepConditions
    ? conditionalFields(exchange.head.headers)
    : Object.fromEntries(order.validators)
  return {
    method: order.method,
    target: plan.target,
    fields: { ...conditions, accept: acceptOf(plan) },
    body: null,
    isRepeatable: !order.background,
    priority: order.background ? 'background' : priorityOf(exchange, plan),
    // Nobody waits for a refresh: it has all of its own time, whatever is left of the exchange's.
    deadline: new Deadline(order.background ? nowMs + deadline.budgetMs : deadlineOf(exchange), nowMs),
    signal: order.keepConditions ? exchange.request.signal : undefined,
  }
}

/** A read that the contract stores nowhere. */
function ownRead(exchange: Exchange, plan: Readable, nowMs: number): Forwarding {
  const { head, request } = exchange
  return {
    method: head.method,
    target: plan.target,
    fields: { ...conditionalFields(head.headers), accept: acceptOf(plan) },
    body: null,
    isRepeatable: true,
    priority: priorityOf(exchange, plan),
    deadline: new Deadline(deadlineOf(exchange), nowMs),
    signal: request.signal,
  }
}

const acceptOf = (plan: Readable): string => (plan.kind === 'page' ? '*/*' : 'application/json')

export const priorityOf = (
  exchange: Exchange,
  plan: { readonly priority: ReadPlan['priority'] },
): ReadPlan['priority'] => principalOf(exchange)?.priority ?? plan.priority
