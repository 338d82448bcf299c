import { contentTooLarge, headers as names, type Problem, ProblemError } from '@spillway/origin/contract'
import { deadlineOf, type Exchange, priorityOf } from '../exchange.ts'
import { Deadline } from '../http/deadline.ts'
import { requestFields } from '../http/forwarded-headers.ts'
import type { OriginReply } from '../http/origin-reply.ts'
import { declaresTooMuch, isShort, RequestBody } from '../http/request-body.ts'
import type { WritePlan } from '../http/request-plan.ts'
import type { OpenBodies } from '../overload/open-bodies.ts'
import { type SentWrite, toldApart } from '../overload/retry.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { type Forwarding, type ForwardParts, forward } from './forward.ts'
import { abandoned, ForwardError } from './forward-error.ts'
import { callerOf, type LimitParts } from './limit.ts'
import { heedRevision, type RevisionParts } from './revision.ts'
import { type SettleParts, settle, settleUnknown } from './settle.ts'

export interface WriteParts extends ForwardParts, LimitParts, RevisionParts, SettleParts {
  readonly streamedBodies: OpenBodies<RequestBody>
  readonly waitingBodies: OpenBodies<RequestBody>
  readonly shortBodies: OpenBodies<RequestBody>
}

/**
 * Stage 8 for a write. Streams the body to the origin, and purges what the write made obsolete before the client sees
 * the answer. Once the body is sent it continues even if the client leaves, since the purge must follow the write.
 *
 * @throws {ProblemError} when the request is refused or no answer came
 */
export async function write(exchange: Exchange<WritePlan>, parts: WriteParts): Promise<Response> {
  const written = writeThrough(exchange, parts)
  exchange.waitUntil(written.catch(() => undefined))
  const answer = await written
  heedRevision(exchange, exchange.plan.route, answer, parts)
  return answer.toResponse()
}

async function writeThrough(exchange: Exchange<WritePlan>, parts: WriteParts): Promise<OriginReply> {
  const { plan } = exchange
  const { method, headers } = exchange.head
  const { request } = exchange
  const fields = requestFields(headers, plan.route.action?.raw?.headers)
  if (typeof fields === 'string') throw new ProblemError(nominated(fields))
  const length = headers.get('content-length')
  if (declaresTooMuch(length)) throw new ProblemError(contentTooLarge)
  const key = headers.get(names.idempotencyKey)
  // The runtime drops an empty field on the way out, so the origin would see a request without a key. It also drops an
  // empty If-Match or If-None-Match on the way in (seen with workerd 2026-11-02), which is undetectable here: a
  // resource that must not change unguarded has `requireIfMatch`, whose 428 this write then gets.
  if (key === '') throw new ProblemError(emptyKey)
  if (headers.has('content-range')) throw new ProblemError(partial)
  // An empty body would reach the origin as a stream, and a DELETE would seem to have a body.
  const short = isShort(length)
  const body = length === '0' ? null : bodyOf(request, short)
  const deadline = new Deadline(deadlineOf(exchange), parts.now())
  const streamed = body === null ? undefined : await prepare(exchange, { body, short, deadline }, parts)
  const asked: SentWrite = {
    operation: plan.route.operation,
    ifMatch: headers.get('if-match'),
    idempotencyKey: key,
  }
  const forwarding: Forwarding = {
    method,
    target: plan.target,
    fields,
    body,
    isRepeatable: toldApart(asked) !== undefined,
    priority: priorityOf(exchange),
    deadline,
    signal: undefined,
  }
  try {
    return await settle(exchange, await forward(exchange, forwarding, parts), parts)
  } catch (error) {
    if (body?.isTooLarge === true) throw new ProblemError(contentTooLarge)
    // After an attempt, any error may hide a write that arrived.
    const mayHaveArrived = error instanceof ForwardError ? error.mayHaveArrived : exchange.hasLostAttempt
    if (!mayHaveArrived) throw error
    const reason = error instanceof ForwardError ? error.reason : 'repeat-failed'
    throw new ForwardError(await settleUnknown(exchange, asked, parts), reason, true)
  } finally {
    if (body !== null) streamed?.leave(body)
  }
}

/** @param short whether it has a length, so that there is a body */
function bodyOf(request: Request, short: boolean): RequestBody | null {
  // The cast: a request with a length has a body.
  const open = () => request.body as ReadableStream<Uint8Array>
  if (short) return new RequestBody(open, () => request.arrayBuffer())
  return request.body === null ? null : new RequestBody(open)
}

interface Arriving {
  readonly body: RequestBody
  /** Whether the declared length is short. */
  readonly short: boolean
  readonly deadline: Deadline
}

/**
 * Admits a body to be streamed, or buffers it.
 *
 * @throws {ProblemError} when there is no room, or the body is too large or too late
 * @returns the room that a streamed body leaves when it is answered; `undefined` for one that is buffered
 */
async function prepare(
  exchange: Exchange,
  { body, short, deadline }: Arriving,
  { now, random, shortBodies, streamedBodies, waitingBodies }: WriteParts,
): Promise<OpenBodies<RequestBody> | undefined> {
  const caller = callerOf(exchange)
  if (!short && streamedBodies.enter(body, caller, now()) === 'entered') return streamedBodies
  const buffered = short ? shortBodies : waitingBodies
  const entry = buffered.enter(body, caller, now())
  if (entry !== 'entered') {
    body.cancel()
    throw new ForwardError(tooMany(entry, random()), 'shed-bodies', false)
  }
  try {
    await arrival(body, deadline)
  } finally {
    buffered.leave(body)
  }
  return undefined
}

/** @throws {ProblemError} when the body is too large or too late */
async function arrival(body: RequestBody, deadline: Deadline): Promise<void> {
  await Promise.race([body.readWhole().catch(() => undefined), deadline.passed])
  if (body.isComplete) return
  body.cancel()
  throw body.isTooLarge ? new ProblemError(contentTooLarge) : abandoned()
}

const tooMany = (entry: 'full' | 'over-share', random: number): Problem => ({
  code: 'overloaded',
  detail:
    entry === 'full'
      ? 'Too many request bodies are being received. Nothing was done; retry the request.'
      : 'Too many of your request bodies are being received. Nothing was done; send fewer requests at a time.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const nominated = (name: string): Problem => ({
  code: 'invalid-header',
  detail: `Connection must not list ${name}: removing it would change the meaning of the request.`,
  errors: [{ header: 'Connection', detail: `Lists ${name}.` }],
})

/** RFC 9110 §14.5: an origin that ignores `Content-Range` would replace the whole document with the part. */
const partial: Problem = {
  code: 'invalid-header',
  detail: 'Content-Range is not supported: send the whole representation, or change a part of it by PATCH.',
  errors: [{ header: 'Content-Range', detail: 'Is not supported.' }],
}

const emptyKey: Problem = {
  code: 'invalid-header',
  detail: 'Idempotency-Key must not be empty. Omit it, or give it a value.',
  errors: [{ header: 'Idempotency-Key', detail: 'Is empty.' }],
}
