import {
  deadline as budget,
  formatTimeout,
  headers as names,
  type Priority,
  type Problem,
  ProblemError,
  parseLoad,
  parseRevision,
  problemCatalogue,
  problemMediaType,
  type RetryBudget,
} from '@spillway/origin/contract'
import type { AssertionSigner } from '../auth/assertion-signer.ts'
import type { Config } from '../config.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import type { Deadline } from '../http/deadline.ts'
import { type OutgoingFields, responseFields } from '../http/forwarded-headers.ts'
import { type OriginAnswer, sendToOrigin } from '../http/origin-client.ts'
import type { OriginReply } from '../http/origin-reply.ts'
import { codeOf } from '../http/problem-code.ts'
import type { RequestBody } from '../http/request-body.ts'
import { formatTraceparent, spanIdOf } from '../http/trace-context.ts'
import type { OriginEndpoint } from '../overload/origin-endpoint.ts'
import type { OriginOutcome } from '../overload/permit.ts'
import { isWorthRetrying } from '../overload/retry.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { inTime } from '../platform/in-time.ts'
import type { RandomIds } from '../platform/random-ids.ts'
import { type AdmitParts, admit } from './admit.ts'
import { wantsTiming } from './timing.ts'
import { type Traces, traceOf } from './traces.ts'

export interface ForwardParts extends AdmitParts {
  readonly serverTiming: Config['serverTiming']
  readonly ids: RandomIds
  readonly signer: AssertionSigner
  readonly retryBudget: RetryBudget
  readonly cors: Cors
  /** `undefined` if no request is recorded as spans. */
  readonly traces: Traces | undefined
}

/** Request that goes to the origin on behalf of an exchange. */
export interface Forwarding {
  readonly method: string
  readonly target: string
  /** End-to-end fields of the client; the edge adds its own. */
  readonly fields: OutgoingFields
  readonly body: RequestBody | null
  readonly isRepeatable: boolean
  readonly priority: Priority
  readonly deadline: Deadline
  /** Longest time that the body may take after its header, in ms. @default 10 s */
  readonly bodyTimeoutMs?: number
  /** The client's abort signal, if no other request waits for the answer. */
  readonly signal: AbortSignal | undefined
  /** Whether the cache is given the document's rule attributes with the answer. @default false */
  readonly wantsAttributes?: boolean
}

/** The origin gets slightly less time than is left, so that its own refusal arrives before the edge gives up. */
const marginMs = 20

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

/**
 * Part of stage 8: asks the origin, if it admits the request, with a signed assertion and the remaining time. It
 * retries if a connection failed and another origin exists or the retry budget allows. The slot must be freed even
 * if the client has left, so the caller keeps this work alive with `waitUntil`.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export async function forward(
  exchange: Exchange,
  forwarding: Forwarding,
  parts: ForwardParts,
): Promise<OriginReply> {
  const { now, random, retryBudget } = parts
  retryBudget.earn()
  // Nobody would await the answer, and aborting at once would count as a timeout of the origin.
  if (now() >= forwarding.deadline.atMs) throw new ForwardError(tooLate, 'too-late', false)
  let failed: Failed | undefined
  // One attempt uses it: a permit is not to be started twice.
  let { reservation } = exchange
  exchange.reservation = undefined
  for (let number = 1; ; number += 1) {
    const askedAtMs = now()
    const admitted = await admit(
      {
        priority: forwarding.priority,
        deadlineMs: forwarding.deadline.atMs,
        heldBytes: forwarding.body?.bytes.byteLength ?? 0,
        reservation,
        failed: failed?.endpoint,
      },
      parts,
    )
    reservation = undefined
    if (admitted.kind === 'shed') {
      // The earlier attempt may have had an effect, so its error is the answer.
      if (failed !== undefined) throw failed.error
      throw new ForwardError(admitted.problem, admitted.reason, false)
    }
    const { endpoint, slot } = admitted
    const startedAtMs = now()
    exchange.slotMs += startedAtMs - askedAtMs
    exchange.originTiming = null
    const isWhole = forwarding.body === null || forwarding.body.isComplete
    const givenMs = isWhole ? forwarding.deadline.atMs - startedAtMs : 0
    const { answer, isOwn, outcome } = await slot.use(async () => {
      const sent = await send(exchange, forwarding, endpoint, parts)
      const heeded = await heedDistrust(sent, forwarding.deadline, now)
      const judged = judge(forwarding.method, heeded)
      const load = heeded.kind === 'answer' ? parseLoad(heeded.reply.headers.get(names.load)) : undefined
      const sign = judged.isOwn ? 'abandoned' : signOf(judged.outcome, givenMs)
      return { result: judged, outcome: sign, load }
    })
    exchange.originMs = now() - startedAtMs
    if (answer.kind === 'answer') {
      const { reply } = answer
      exchange.revision = parseRevision(reply.headers.get(names.revision))
      exchange.originTiming = reply.headers.get('server-timing')
      exchange.purgeTags = splitTags(reply.headers.get(names.purgeTag))
      exchange.isUnsettled = reply.headers.get(names.unsettled) === '1'
      const isAnswered = isOurOrigins(forwarding.method, reply)
      if (isAnswered && (failed?.error.mayHaveArrived !== true || speaksForBoth(forwarding.method, reply))) {
        return shown(reply, forwarding, parts.cors)
      }
      await reply.body?.cancel()
      if (isAnswered) throw new ForwardError(unreachable(random()), 'repeat-refused', true)
    }
    const remainingMs = forwarding.deadline.atMs - now()
    const retriable = isWorthRetrying({
      number,
      outcome,
      isRepeatable: forwarding.isRepeatable || answer.kind === 'distrusted',
      remainingMs,
    })
    // Retrying at another origin stays within that origin's share, so it is free; the budget bounds repeated requests
    // to one origin. If the request itself may be at fault, the same origin would fail again.
    const isFree = retriable && hasOther(endpoint, forwarding.priority, parts)
    // The first attempt may have acted even if the retry was turned away.
    const error =
      answer.kind === 'distrusted' && failed?.error.mayHaveArrived !== true
        ? distrusted(random())
        : failure(outcome, random())
    const mayRepeat = isFree || (retriable && !isOwn && retryBudget.spend())
    if (!mayRepeat) throw error
    failed = { endpoint, error }
    exchange.hasLostAttempt = error.mayHaveArrived
  }
}

/** A failed earlier attempt. */
interface Failed {
  readonly endpoint: OriginEndpoint
  /** Error for the caller if no further attempt is made. */
  readonly error: ForwardError
}

/**
 * Whether the answer to a retry answers the request. A refused write does not: the first attempt may have caused it
 * (412, 404, 409), or it speaks only of the retry itself (503, nothing done).
 */
const speaksForBoth = (method: string, { ok }: OriginReply): boolean => ok || !isWrite(method)

const isWrite = (method: string): boolean => method !== 'GET' && method !== 'HEAD'

const hasOther = (failed: OriginEndpoint, priority: Priority, { endpoints, now }: ForwardParts): boolean =>
  endpoints.some((other) => other !== failed && other.gate.closedReason(priority, now()) === undefined)

const tooLate: Problem = {
  code: 'deadline-exceeded',
  detail: 'The deadline passed before the request was sent to the origin. Nothing was done.',
}

const splitTags = (list: string | null): readonly string[] =>
  list === null
    ? []
    : list
        .split(',')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== '')

async function send(
  exchange: Exchange,
  forwarding: Forwarding,
  { url }: OriginEndpoint,
  { ids, serverTiming, signer, now, traces }: ForwardParts,
): Promise<OriginAnswer> {
  const { method, target, body, signal, deadline, bodyTimeoutMs } = forwarding
  const trace = traceOf(exchange, ids, traces)
  const spanId = spanIdOf(ids.next())
  exchange.originAttempt = { spanId, startedAtMs: now() }
  const known = signer.assertionFor(principalOf(exchange))
  const assertion = typeof known === 'string' ? known : await known
  const headers = {
    ...forwarding.fields,
    [names.requestId]: exchange.requestId,
    traceparent: formatTraceparent(trace, spanId),
    ...(trace.tracestate !== undefined && { tracestate: trace.tracestate }),
    [names.priority]: forwarding.priority,
    [names.assertion]: assertion,
    [names.timeoutMs]: formatTimeout(Math.max(1, deadline.atMs - now() - marginMs)),
    ...(wantsTiming(exchange.head, serverTiming) && { [names.timing]: '1' }),
  }
  return await sendToOrigin({
    ...{ method, url: url + target, headers, body, deadline, signal },
    ...(bodyTimeoutMs !== undefined && { bodyTimeoutMs }),
  })
}

/** `distrusted`: the origin rejected the edge's assertion and did nothing. */
type JudgedAnswer = OriginAnswer | { readonly kind: 'distrusted' }

/**
 * Recognizes an origin's rejection of the edge itself: a fault between the two (wrong clock, missing key), which no
 * caller can fix and another origin may not have.
 */
async function heedDistrust(
  answer: OriginAnswer,
  deadline: Deadline,
  now: () => number,
): Promise<JudgedAnswer> {
  if (answer.kind !== 'answer' || answer.reply.status !== edgeOnlyStatus) return answer
  const { reply } = answer
  const text = await inTime(reply.text(), deadline.atMs - now()).catch(() => undefined)
  if (text === undefined) return { kind: 'unreachable' }
  if (codeOf(text) === 'edge-only') return { kind: 'distrusted' }
  return { kind: 'answer', reply: reply.withText(text) }
}

const edgeOnlyStatus = problemCatalogue['edge-only'].status

interface Judged {
  readonly answer: JudgedAnswer
  readonly outcome: OriginOutcome
  /** Whether the failure may be specific to this request. */
  readonly isOwn: boolean
}

function judge(method: string, answer: JudgedAnswer): Judged {
  const outcome = outcomeOf(method, answer)
  return { answer, outcome, isOwn: isOneRequests(answer, outcome) }
}

/** A gateway in front of the origin answers for it with its own statuses (RFC 9110 §15.5 and §15.6.3 to 15.6.5). */
function outcomeOf(method: string, answer: JudgedAnswer): OriginOutcome {
  if (answer.kind === 'distrusted') return 'unreachable'
  if (answer.kind !== 'answer') return answer.kind
  const { status, headers } = answer.reply
  if (headers.get(names.ownFault) === '1') return 'own-fault'
  if (status === 503) return 'refused'
  // A 504 from the origin counts as its timeout: its time limit is slightly below the edge's.
  if (status === 504) return 'timeout'
  return isOurOrigins(method, answer.reply) ? 'accepted' : 'unreachable'
}

/**
 * Whether the failure may be specific to this request: a rejected assertion, or fields that a gateway rejects. It says
 * nothing about the origin's health; otherwise one caller's odd request would open the breaker for everybody.
 */
const isOneRequests = (answer: JudgedAnswer, outcome: OriginOutcome): boolean =>
  answer.kind === 'distrusted' ||
  (answer.kind === 'answer' && outcome === 'unreachable' && answer.reply.status < 500)

/**
 * The outcome as a sign of the origin's health. A timeout counts only if the origin had most of a request's time. It
 * does not count if the caller had used up the time or was still sending its body: otherwise five slow clients would
 * open the breaker of a healthy origin.
 *
 * @param givenMs time from the end of the request's transmission to the deadline
 */
const signOf = (outcome: OriginOutcome, givenMs: number): OriginOutcome =>
  outcome === 'timeout' && givenMs < budget.budgetMs / 2 ? 'abandoned' : outcome

/**
 * Whether an answer comes from our origin: its errors are problems, and it redirects no write. A gateway's error page
 * is not meant for callers, and its 4xx need not be about their request: a load balancer's 400, 403 or 408 may follow a
 * write that was done.
 */
function isOurOrigins(method: string, { status, headers }: OriginReply): boolean {
  if (status < (isWrite(method) ? 300 : 400)) return true
  return headers.get('content-type')?.startsWith(problemMediaType) === true
}

/** The reply with the fields that the next hop is shown. */
function shown(reply: OriginReply, { wantsAttributes }: Forwarding, cors: Cors): OriginReply {
  const fields = responseFields(reply.headers)
  const attributes = wantsAttributes === true ? reply.headers.get(names.ruleAttributes) : null
  // For the cache, which keeps them from the client.
  if (attributes !== null) fields.set(names.ruleAttributes, attributes)
  for (const [name, value] of cors.always) {
    if (name === 'vary') fields.append(name, value)
    else fields.set(name, value)
  }
  fields.set('x-content-type-options', 'nosniff')
  reply.headers = fields
  return reply
}

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
  detail: 'The service is overloaded. Nothing was done; retry after the seconds in Retry-After.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const unreachable = (random: number): Problem => ({
  code: 'origin-unreachable',
  detail: 'The origin cannot be reached.',
  retryAfterSeconds: retryAfterSeconds(1, random),
})

const distrusted = (random: number): ForwardError =>
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
