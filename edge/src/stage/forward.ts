import {
  formatTimeout,
  headers as names,
  type Priority,
  parseLoad,
  parseRevision,
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
import type { RequestBody } from '../http/request-body.ts'
import { formatTraceparent, spanIdOf } from '../http/trace-context.ts'
import type { OriginEndpoint } from '../overload/origin-endpoint.ts'
import { isWorthRetrying } from '../overload/retry.ts'
import type { RandomIds } from '../platform/random-ids.ts'
import { type AdmitParts, admit } from './admit.ts'
import { distrusted, ForwardError, failure, repeatRefused, tooLate } from './forward-error.ts'
import { heedDistrust, isOurOrigins, judge, signOf, speaksForBoth } from './judge-answer.ts'
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
  if (now() >= forwarding.deadline.atMs) throw tooLate()
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
    const { answer, isSpecific, outcome } = await slot.use(async () => {
      const sent = await send(exchange, forwarding, endpoint, parts)
      const heeded = await heedDistrust(sent, forwarding.deadline, now)
      const judged = judge(forwarding.method, heeded)
      const load = heeded.kind === 'answer' ? parseLoad(heeded.reply.headers.get(names.load)) : undefined
      const sign = judged.isSpecific ? 'abandoned' : signOf(judged.outcome, givenMs)
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
      if (isAnswered) throw repeatRefused(random())
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
    const mayRepeat = isFree || (retriable && !isSpecific && retryBudget.spend())
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

const hasOther = (failed: OriginEndpoint, priority: Priority, { endpoints, now }: ForwardParts): boolean =>
  endpoints.some((other) => other !== failed && other.gate.closedReason(priority, now()) === undefined)

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
