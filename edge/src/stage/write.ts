import { headers as names, type Problem, ProblemError, parseIdempotencyKey } from '@spillway/origin/contract'
import type { HttpCache, PurgeEverywhere } from '../cache/index.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import type { Observe } from '../observation.ts'
import { requestFields } from '../policy/forwarded-headers.ts'
import type { OpenBodies } from '../policy/open-bodies.ts'
import { declaresTooMuch, isShort, RequestBody } from '../policy/request-body.ts'
import { presumedTags, type WritePlan } from '../policy/request-plan.ts'
import { isIdempotent } from '../policy/retry.ts'
import { retryAfterSeconds } from '../policy/retry-after.ts'
import { Deadline } from '../runtime/deadline.ts'
import { inTime } from '../runtime/in-time.ts'
import { type ConsistencyParts, ownWriteFields } from './consistency.ts'
import {
  abandoned,
  deadlineOf,
  ForwardError,
  type Forwarding,
  type ForwardParts,
  forward,
} from './forward.ts'
import { priorityOf } from './lookup.ts'

export interface WriteParts extends ForwardParts, ConsistencyParts {
  readonly cache: HttpCache
  /** Where a zone is configured. */
  readonly purgeEverywhere: PurgeEverywhere | undefined
  readonly streamedBodies: OpenBodies<RequestBody>
  readonly waitingBodies: OpenBodies<RequestBody>
  readonly shortBodies: OpenBodies<RequestBody>
  readonly observe: Observe
}

/**
 * 7 for a write: streams the body on, and drops what the write made obsolete before the client sees the answer. It
 * goes on when the client leaves after the body is sent, since the purge must follow the write.
 *
 * @throws {ProblemError} when the request is refused or no answer came
 */
export function write(exchange: Exchange, plan: WritePlan, parts: WriteParts): Promise<Response> {
  const answer = writeThrough(exchange, plan, parts)
  exchange.waitUntil(answer.catch(() => undefined))
  return answer
}

async function writeThrough(exchange: Exchange, plan: WritePlan, parts: WriteParts): Promise<Response> {
  const { method, headers } = exchange.head
  const { body: sent } = exchange.request
  const fields = requestFields(headers)
  if (typeof fields === 'string') throw new ProblemError(nominated(fields))
  const length = headers.get('content-length')
  if (declaresTooMuch(length)) throw new ProblemError(tooLarge)
  const key = headers.get(names.idempotencyKey)
  // The runtime would drop an empty field on the way out, and the origin take the request for one without a key.
  if (key === '') throw new ProblemError(emptyKey)
  // A body of no bytes would reach the origin as a stream, and a DELETE as one with a body.
  const short = isShort(length)
  const body =
    sent === null || length === '0'
      ? null
      : new RequestBody(sent, short ? () => exchange.request.arrayBuffer() : undefined)
  const deadline = new Deadline(deadlineOf(exchange), parts.now())
  if (body !== null) await prepare(body, short, deadline, parts)
  const forwarding: Forwarding = {
    method,
    target: plan.target,
    fields,
    body,
    isRepeatable: isIdempotent(method) || (key !== null && parseIdempotencyKey(key) !== undefined),
    priority: priorityOf(exchange, plan),
    deadline,
    signal: undefined,
  }
  try {
    return await settle(exchange, plan, await forward(exchange, forwarding, parts), parts)
  } catch (error) {
    if (body?.isTooLarge === true) throw new ProblemError(tooLarge)
    // Nobody knows whether the write happened: for the cache it has.
    if (error instanceof ForwardError && error.mayHaveArrived) {
      await purge(exchange, presumedTags(plan.route, principalOf(exchange)?.subject), parts)
      throw error.with(await ownWriteFields(exchange, plan, parts))
    }
    throw error
  }
}

/**
 * Lets a body go on while it arrives, or waits until it is here.
 *
 * @throws {ProblemError} when there is no room, or the body is too large or not here in time
 */
async function prepare(
  body: RequestBody,
  short: boolean,
  deadline: Deadline,
  { now, random, shortBodies, streamedBodies, waitingBodies }: WriteParts,
): Promise<void> {
  if (!short && streamedBodies.admits(body, now())) return
  if (!(short ? shortBodies : waitingBodies).admits(body, now())) {
    body.cancel()
    throw new ForwardError(tooMany(random()), 'shed-bodies', false)
  }
  await arrival(body, deadline)
}

/** @throws {ProblemError} when the body is too large or not here in time */
async function arrival(body: RequestBody, deadline: Deadline): Promise<void> {
  const late = new Promise<void>((resolve) => deadline.watch(resolve))
  await Promise.race([body.readWhole().catch(() => undefined), late])
  if (body.isComplete) return
  body.cancel()
  throw body.isTooLarge ? new ProblemError(tooLarge) : abandoned()
}

async function settle(
  exchange: Exchange,
  plan: WritePlan,
  answer: Response,
  parts: WriteParts,
): Promise<Response> {
  // The origin itself may not know (503 outcome-unknown), and then it names nothing; nor does it where it refuses the
  // second attempt because of what the first one did: 412 to a PUT that went before, 404 to a DELETE.
  const isUnknown = exchange.purgeTags.length === 0 && (answer.status >= 500 || exchange.hasLostAttempt)
  const tags = isUnknown ? presumedTags(plan.route, principalOf(exchange)?.subject) : exchange.purgeTags
  if (tags.length === 0) return answer
  await purge(exchange, tags, parts)
  for (const [name, value] of Object.entries(await ownWriteFields(exchange, plan, parts))) {
    answer.headers.append(name, value)
  }
  return answer
}

/** As long as a writer waits until the isolates of this data centre are told. */
const purgeWaitMs = 250

/**
 * Here before the client is answered, and in this data centre, unless that takes too long; in other data centres
 * meanwhile, where a zone is configured. Whatever is late goes on behind the answer, and no writer reads what is older
 * than its own write meanwhile.
 */
async function purge(
  exchange: Exchange,
  tags: readonly string[],
  { cache, purgeEverywhere, observe }: WriteParts,
): Promise<void> {
  const failed = (where: string, message: string): void =>
    observe({ kind: 'fault', what: 'purge', where, message, requestId: exchange.requestId })
  if (purgeEverywhere !== undefined) {
    const everywhere = purgeEverywhere(tags).then((report) => {
      for (const { failure } of report.failed) failed('zone', failure.kind)
    })
    exchange.waitUntil(everywhere)
  }
  const told = cache.purge(tags)?.catch((error: unknown) => failed('data centre', String(error)))
  if (told === undefined) return
  exchange.waitUntil(told)
  await inTime(told, purgeWaitMs)
}

const tooLarge: Problem = { code: 'content-too-large', detail: 'A body has at most 262144 bytes.' }

const tooMany = (random: number): Problem => ({
  code: 'overloaded',
  detail: 'Too many bodies are on their way; this request has touched nothing.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const nominated = (name: string): Problem => ({
  code: 'invalid-header',
  detail: `Connection must not list ${name}: without it the request would mean something else.`,
  errors: [{ header: 'Connection', detail: `Lists ${name}.` }],
})

const emptyKey: Problem = {
  code: 'invalid-header',
  detail: 'Idempotency-Key is empty: leave it out, or give it a value.',
  errors: [{ header: 'Idempotency-Key', detail: 'Is empty.' }],
}
