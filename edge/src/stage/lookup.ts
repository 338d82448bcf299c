import { deadline as budget, priorityRank } from '@spillway/origin/contract'
import { BrokenAnswer, type ForwardOrder, LateAnswer, type Warmed } from '../cache/index.ts'
import { deadlineOf, type Exchange, nowOf, principalOf, priorityOf } from '../exchange.ts'
import { Deadline } from '../http/deadline.ts'
import { conditionalFields } from '../http/forwarded-headers.ts'
import type { OriginReply } from '../http/origin-reply.ts'
import type { PagePlan, ReadPlan } from '../http/request-plan.ts'
import { readTags } from '../http/request-tags.ts'
import { type Answer, next } from '../pipeline.ts'
import { foreseeShed, reserve } from './admit.ts'
import { type Forwarding, type ForwardParts, forward } from './forward.ts'
import { ForwardError, failure } from './forward-error.ts'
import { heedRevision, type RevisionParts } from './revision.ts'
import { keyOfRead, viewerOf } from './stored-read.ts'

export type LookupParts = ForwardParts & RevisionParts

type Readable = ReadPlan | PagePlan

/** Cache key of the answer; `undefined` if the contract does not store it. */
function keyOf(exchange: Exchange<Readable>): string | undefined {
  const { plan } = exchange
  return plan.kind === 'page' ? plan.target : keyOfRead(plan, principalOf(exchange))
}

/** Stage 5 in memory: returns a fresh answer synchronously. */
export function fromMemory(exchange: Exchange<Readable>, { cache }: LookupParts): Response | typeof next {
  const key = keyOf(exchange)
  if (key === undefined) return next
  const { arrivedAtMs, head, plan } = exchange
  if (plan.kind === 'read') exchange.viewer = viewerOf(plan, principalOf(exchange))
  return cache.tryFresh(key, head, arrivedAtMs, exchange) ?? next
}

/**
 * Stage 6 for a read. If it would certainly be shed, serves any usable stored answer instead of a refusal. If only the
 * origin can answer it, its permit is reserved here, as a write's is: a refusal then costs no look-up and no wait.
 */
export function shedOrStored(
  exchange: Exchange<Readable>,
  parts: LookupParts,
): Answer | Promise<Answer> | typeof next {
  const key = keyOf(exchange)
  const { cache, now } = parts
  const isHeld = key !== undefined && cache.mayHold(key, exchange.head, nowOf(exchange, now), exchange)
  if (!isHeld) return reserve(exchange, parts)
  const shed = foreseeShed(exchange, parts)
  if (shed === undefined) return next
  exchange.reason = shed.reason
  return stored(exchange, parts).then((answer) => answer ?? shed.problem)
}

/**
 * Stage 8 for a read: answers from the cache, or from the origin through it. If the origin cannot be asked, any usable
 * stored answer is better than a refusal.
 *
 * @throws {ForwardError} when there is no such answer
 */
export async function throughCache(exchange: Exchange<Readable>, parts: LookupParts): Promise<Response> {
  const key = keyOf(exchange)
  if (key === undefined) {
    const reply = await keptAlive(exchange, forward(exchange, ownRead(exchange, parts.now()), parts))
    return reply.toResponse()
  }
  const call = callOf(exchange, key)
  const own = new Deadline(deadlineOf(exchange), parts.now())
  try {
    return await parts.cache.handle({
      ...call,
      late: own.passed,
      rank: priorityRank(priorityOf(exchange)),
      forward: (order) =>
        keptAlive(
          exchange,
          askToShare(exchange, sharedRead(exchange, order, deadlineFor(order, own, parts)), parts),
        ),
    })
  } catch (error) {
    const failed = failureOf(error, parts)
    if (failed === undefined) throw error
    const standIn = await parts.cache.serveStored(call)
    if (standIn === undefined) throw failed
    exchange.reason = failed.reason
    return standIn
  }
}

/** The cache's view of a read, without the question to the origin. */
function callOf(exchange: Exchange<Readable>, key: string) {
  const { head, notBeforeMs, plan, viewer } = exchange
  return {
    request: head,
    key,
    viewer,
    waitUntil: (work: Promise<unknown>) => exchange.waitUntil(work),
    // Documents and lists bring their own tags; pages are purged together, after a deployment.
    ...(plan.kind === 'page' && { tags: ['pages'] }),
    ...(plan.kind === 'read' && { foreseenTags: readTags(plan.route, principalOf(exchange)?.subject) }),
    ...(notBeforeMs !== undefined && { notBeforeMs }),
  }
}

/** Fetches the answer for the store alone, in the background, as an anonymous caller of its plan would get it. */
export async function warm(exchange: Exchange<Readable>, parts: LookupParts): Promise<Warmed> {
  const key = keyOf(exchange)
  if (key === undefined) return 'held'
  return await parts.cache.warm({
    ...callOf(exchange, key),
    forward: (order) => askToShare(exchange, sharedRead(exchange, order, wholeBudget(parts)), parts),
  })
}

/** Fetches an answer to store, and learns the resource's current revision from it. */
async function askToShare(
  exchange: Exchange<Readable>,
  forwarding: Forwarding,
  parts: LookupParts,
): Promise<OriginReply> {
  const { plan } = exchange
  const answer = await forward(exchange, forwarding, parts)
  if (plan.kind === 'read') heedRevision(exchange, plan.route, answer, parts)
  return answer
}

/** Lets the request to the origin end even if the client leaves. */
function keptAlive(exchange: Exchange, answer: Promise<OriginReply>): Promise<OriginReply> {
  exchange.waitUntil(answer.catch(() => undefined))
  return answer
}

function failureOf(error: unknown, { random }: LookupParts): ForwardError | undefined {
  if (error instanceof ForwardError) return error
  if (error instanceof LateAnswer) return failure('timeout', random())
  return error instanceof BrokenAnswer ? failure('unreachable', random()) : undefined
}

/** Any usable stored answer, without asking the origin. */
async function stored(exchange: Exchange<Readable>, { cache }: LookupParts): Promise<Response | undefined> {
  const key = keyOf(exchange)
  if (key === undefined) return undefined
  const { head, notBeforeMs, viewer } = exchange
  return await cache.serveStored({
    request: head,
    key,
    viewer,
    ...(notBeforeMs !== undefined && { notBeforeMs }),
  })
}

/**
 * A read whose answer may be stored and shared: apart from the caller's identity it contains nothing of this client.
 */
function sharedRead(exchange: Exchange<Readable>, order: ForwardOrder, deadline: Deadline): Forwarding {
  const { plan } = exchange
  const conditions = order.keepConditions
    ? conditionalFields(exchange.head.headers)
    : Object.fromEntries(order.validators)
  return {
    method: order.method,
    target: plan.target,
    fields: { ...conditions, accept: acceptOf(plan) },
    body: null,
    isRepeatable: !order.background,
    priority: order.background ? 'background' : priorityOf(exchange),
    deadline,
    signal: order.keepConditions ? exchange.request.signal : undefined,
    wantsAttributes: exchange.viewer !== undefined,
  }
}

/** A background refresh has the full time budget, whatever is left of this request's. */
const wholeBudget = ({ now }: LookupParts): Deadline => new Deadline(now() + budget.budgetMs, now())

const deadlineFor = ({ background }: ForwardOrder, own: Deadline, parts: LookupParts): Deadline =>
  background ? wholeBudget(parts) : own

/** A read whose answer is never stored. */
function ownRead(exchange: Exchange<Readable>, nowMs: number): Forwarding {
  const { head, plan, request } = exchange
  return {
    method: head.method,
    target: plan.target,
    fields: { ...conditionalFields(head.headers), accept: acceptOf(plan) },
    body: null,
    isRepeatable: true,
    priority: priorityOf(exchange),
    deadline: new Deadline(deadlineOf(exchange), nowMs),
    signal: request.signal,
  }
}

const acceptOf = (plan: Readable): string => (plan.kind === 'page' ? '*/*' : 'application/json')
