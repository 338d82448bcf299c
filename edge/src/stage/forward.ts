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
} from '@spillway/origin/contract'
import type { AssertionSigner } from '../auth/assertion-signer.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import type { Cors } from '../http/cors.ts'
import type { Deadline } from '../http/deadline.ts'
import { type OutgoingFields, responseFields } from '../http/forwarded-headers.ts'
import { type OriginAnswer, sendToOrigin } from '../http/origin-client.ts'
import { codeOf } from '../http/problem-code.ts'
import type { RequestBody } from '../http/request-body.ts'
import { continueTrace } from '../http/trace-context.ts'
import type { OriginEndpoint } from '../overload/origin-endpoint.ts'
import type { OriginOutcome } from '../overload/permit.ts'
import { isWorthRetrying } from '../overload/retry.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import type { RetryBudget } from '../overload/retry-budget.ts'
import { inTime } from '../platform/in-time.ts'
import type { RandomIds } from '../platform/random-ids.ts'
import { type AdmitParts, admit } from './admit.ts'

export interface ForwardParts extends AdmitParts {
  readonly ids: RandomIds
  readonly signer: AssertionSigner
  readonly retryBudget: RetryBudget
  readonly cors: Cors
}

/** Request that goes to the origin on behalf of an exchange. */
export interface Forwarding {
  readonly method: string
  readonly target: string
  /** End-to-end fields; ours are added. */
  readonly fields: OutgoingFields
  readonly body: RequestBody | null
  readonly isRepeatable: boolean
  readonly priority: Priority
  readonly deadline: Deadline
  /** The client's own signal, where nobody else waits for the answer. */
  readonly signal: AbortSignal | undefined
}

/** The origin is told a little less than what is left, so that its own refusal arrives before we give up on it. */
const marginMs = 20

/** Why no answer came, beside the problem that a reader is told. */
export class ForwardError extends ProblemError {
  readonly reason: string
  /** Whether the origin may have seen the request: a write's outcome is then unknown, and its caller is told that. */
  readonly mayHaveArrived: boolean

  constructor(problem: Problem, reason: string, mayHaveArrived: boolean) {
    super(problem)
    this.reason = reason
    this.mayHaveArrived = mayHaveArrived
  }
}

/**
 * 6 and 7. Asks the origin, if it may be asked: signed, with what is left of the time, and again where a connection
 * failed and another origin is there or the retry budget allows. What it counts must be given back, also where the client
 * has left and nobody waits any more: the caller holds it by `waitUntil`.
 *
 * @throws {ForwardError} when the request was shed or no answer came
 */
export async function forward(
  exchange: Exchange,
  forwarding: Forwarding,
  parts: ForwardParts,
): Promise<Response> {
  const { now, random, retryBudget } = parts
  retryBudget.earn()
  // Nobody would wait for it, and giving it up at once would count as the origin's timeout.
  if (now() >= forwarding.deadline.atMs) throw new ForwardError(tooLate, 'too-late', false)
  let failed: Failed | undefined
  for (let number = 1; ; number += 1) {
    const admitted = await admit(
      {
        priority: forwarding.priority,
        deadlineMs: forwarding.deadline.atMs,
        heldBytes: forwarding.body?.bytes.byteLength ?? 0,
        reservation: failed === undefined ? exchange.reservation : undefined,
        failed: failed?.endpoint,
      },
      parts,
    )
    if (admitted.kind === 'shed') {
      // One that was sent before may have touched something: what became of that one is the answer.
      if (failed !== undefined) throw failed.error
      throw new ForwardError(admitted.problem, admitted.reason, false)
    }
    const { endpoint, permit } = admitted
    const startedAtMs = now()
    const isWhole = forwarding.body === null || forwarding.body.isComplete
    const givenMs = isWhole ? forwarding.deadline.atMs - startedAtMs : 0
    const answer = await heedDistrust(
      await send(exchange, forwarding, endpoint, parts),
      forwarding.deadline,
      now,
    )
    const outcome = outcomeOf(forwarding.method, answer)
    const load = answer.kind === 'answer' ? parseLoad(answer.response.headers.get(names.load)) : undefined
    const isOwn = isOneRequests(answer, outcome)
    const sign = isOwn ? 'abandoned' : signOf(outcome, givenMs)
    permit.end({ outcome: sign, nowMs: now(), random: random(), load })
    exchange.originMs = now() - startedAtMs
    if (answer.kind === 'answer') {
      exchange.toldRevision = parseRevision(answer.response.headers.get(names.revision))
      exchange.purgeTags = splitTags(answer.response.headers.get(names.purgeTag))
      exchange.isUnsettled = answer.response.headers.get(names.unsettled) === '1'
      const isAnswered = isOurOrigins(forwarding.method, answer.response)
      if (
        isAnswered &&
        (failed?.error.mayHaveArrived !== true || speaksForBoth(forwarding.method, answer.response))
      ) {
        return shown(answer.response, parts.cors)
      }
      await answer.response.body?.cancel()
      if (isAnswered) throw new ForwardError(unreachable(random()), 'repeat-refused', true)
    }
    const remainingMs = forwarding.deadline.atMs - now()
    const retriable = isWorthRetrying({
      number,
      outcome,
      isRepeatable: forwarding.isRepeatable || answer.kind === 'distrusted',
      remainingMs,
    })
    // Another origin gets no more than its share by this; the budget is against asking one twice for each request. Where
    // the request may be the reason, the same one would say the same again.
    const isFree = retriable && hasOther(endpoint, forwarding.priority, parts)
    // The first attempt may have acted where the second one was turned away.
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

/** An attempt before this one. */
interface Failed {
  readonly endpoint: OriginEndpoint
  /** Error that the caller is told if there is no other attempt. */
  readonly error: ForwardError
}

/**
 * Whether the answer to a second attempt is the answer to the request. A refusal of a write is not: it may be because of
 * what the first attempt did (412, 404, 409), or says of itself alone that nothing was done (503).
 */
const speaksForBoth = (method: string, { ok }: Response): boolean => ok || !isWrite(method)

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
  { ids, signer, now }: ForwardParts,
): Promise<OriginAnswer> {
  const { method, target, body, signal, deadline } = forwarding
  const sent = exchange.head.headers
  const trace = continueTrace(sent.get('traceparent'), sent.get('tracestate'), () => ids.next())
  const known = signer.assertionFor(principalOf(exchange))
  const assertion = typeof known === 'string' ? known : await known
  const headers = {
    ...forwarding.fields,
    [names.requestId]: exchange.requestId,
    traceparent: trace.traceparent,
    ...(trace.tracestate !== undefined && { tracestate: trace.tracestate }),
    [names.priority]: forwarding.priority,
    [names.assertion]: assertion,
    [names.timeoutMs]: formatTimeout(Math.max(1, deadline.atMs - now() - marginMs)),
  }
  return await sendToOrigin({ method, url: url + target, headers, body, deadline, signal })
}

/** `distrusted`: the origin does not accept the edge's assertion, and has done nothing. */
type Heard = OriginAnswer | { readonly kind: 'distrusted' }

/**
 * Takes an origin's refusal of the edge itself for what it is: a fault between the two (a clock that is wrong, a key that
 * did not arrive), which no caller can mend and another origin may not have.
 */
async function heedDistrust(answer: OriginAnswer, deadline: Deadline, now: () => number): Promise<Heard> {
  if (answer.kind !== 'answer' || answer.response.status !== edgeOnlyStatus) return answer
  const { response } = answer
  const text = await inTime(response.text(), deadline.atMs - now()).catch(() => undefined)
  if (text === undefined) return { kind: 'unreachable' }
  if (codeOf(text) === 'edge-only') return { kind: 'distrusted' }
  return { kind: 'answer', response: new Response(text, response) }
}

const edgeOnlyStatus = problemCatalogue['edge-only'].status

/** A gateway in front of the origin speaks for it with statuses of its own (RFC 9110 §15.5 and §15.6.3 to 15.6.5). */
function outcomeOf(method: string, answer: Heard): OriginOutcome {
  if (answer.kind === 'distrusted') return 'unreachable'
  if (answer.kind !== 'answer') return answer.kind
  const { status } = answer.response
  if (status === 503) return 'refused'
  // An origin that says itself that it was late is as broken as one that says nothing: its limit is a little below ours.
  if (status === 504) return 'timeout'
  return isOurOrigins(method, answer.response) ? 'accepted' : 'unreachable'
}

/**
 * Whether a failure may be this one request's: an assertion that the origin does not accept, fields that a gateway does
 * not take. It says nothing about the origin's health, or one caller's odd request would close the origin to all.
 */
const isOneRequests = (answer: Heard, outcome: OriginOutcome): boolean =>
  answer.kind === 'distrusted' ||
  (answer.kind === 'answer' && outcome === 'unreachable' && answer.response.status < 500)

/**
 * The part of an outcome that is about the origin's health. A timeout is a sign of it where the origin had most of a
 * request's time; where the caller had used that up before, or was still sending its body, it is none: five slow clients
 * would take a healthy origin out of service.
 *
 * @param givenMs the time from the whole request's being sent to the deadline
 */
const signOf = (outcome: OriginOutcome, givenMs: number): OriginOutcome =>
  outcome === 'timeout' && givenMs < budget.budgetMs / 2 ? 'abandoned' : outcome

/**
 * Whether an answer is our origin's own: its errors are problems, and it redirects no write. A gateway's page is not for
 * callers to see, and its 4xx is not about what they sent: a load balancer's 400, 403 or 408 may follow a write that was
 * done.
 */
function isOurOrigins(method: string, { status, headers }: Response): boolean {
  if (status < (isWrite(method) ? 300 : 400)) return true
  return headers.get('content-type')?.startsWith(problemMediaType) === true
}

function shown(response: Response, cors: Cors): Response {
  const fields = responseFields(response.headers)
  for (const [name, value] of cors.always) {
    if (name === 'vary') fields.append(name, value)
    else fields.set(name, value)
  }
  fields.set('x-content-type-options', 'nosniff')
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers: fields })
}

/**
 * Why no answer came, in the words for a reader; a writer is told the outcome by `write`. A gateway's refusal counts as
 * arrived: nobody knows what it had sent on before.
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

/** The client's own doing, so none of the 5xx (RFC 9110 §15.5.9). An origin acts on whole bodies alone, so a write whose body never ended has not happened. */
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
