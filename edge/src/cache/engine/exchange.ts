import type { Forwarded } from '../policy/cache-status.ts'
import { forbidsDecoding, isDecoded } from '../policy/content-coding.ts'
import { freshenedFields, removeHopByHop } from '../policy/fields.ts'
import { freshnessLifetime } from '../policy/freshness.ts'
import { confirms, validatorFields } from '../policy/not-modified.ts'
import { noRequestControl, type RequestControl } from '../policy/request-control.ts'
import { type ResponseControl, responseControl } from '../policy/response-control.ts'
import { type Failure, mayStandIn } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import { isOriginError } from '../policy/status.ts'
import { type NotStored, whyNotStored } from '../policy/storability.ts'
import { type ReadBody, readBoundedBody } from './bounded-body.ts'
import type { CacheCall } from './cache-call.ts'
import { Entry } from './entry.ts'
import type { Layers } from './layers.ts'
import { BrokenAnswer } from './no-answer.ts'

/** What came of asking the origin. Only plain data in it is shared; a `Response` is the asker's own. */
export type Outcome =
  /** An answer for the asker and, when stored, for all who wait. */
  | {
      readonly kind: 'entry'
      readonly entry: Entry
      /** `undefined` when the origin was not asked: the data centre had it. */
      readonly forwarded: Forwarded | undefined
      /** `purged`: a purge came between; whoever waited asks again. */
      readonly stored: 'stored' | 'purged' | 'forbidden'
    }
  /** An answer for the asker alone. */
  | { readonly kind: 'own'; readonly response: Response; readonly forwarded: Forwarded }
  /** An error answer (5xx) for all who wait; the entry is not stored. */
  | { readonly kind: 'error-answer'; readonly entry: Entry; readonly forwarded: Forwarded }
  /** No answer, or none to its end: `forward` rejected, or the body broke off. */
  | { readonly kind: 'disconnected'; readonly reason: unknown }

export const failureOf = (outcome: Outcome): Failure | undefined =>
  outcome.kind === 'error-answer' || outcome.kind === 'disconnected' ? outcome.kind : undefined

export interface ExchangeOptions {
  readonly rules: CacheRules
  readonly layers: Layers
  readonly now: () => number
  readonly bodyBytesMax: number
  /** Tags that every answer under this key gets. */
  readonly keyTags: (key: string) => readonly string[]
}

export interface ExchangeOrder {
  /** The stored answer to validate, if there is one. */
  readonly stored: Entry | undefined
  readonly background: boolean
  /** Why the origin is asked, where a stored answer is not what decides it. */
  readonly reason?: Forwarded['reason']
  readonly control?: RequestControl
}

/** More tags on one answer would cost more look-ups of stamps than the answer saves. */
const tagsMax = 32

/** Asks the origin for an answer that can be stored, validates what is stored (RFC 9111 §4.3), stores what may be (§3). */
export async function exchange(
  call: CacheCall,
  order: ExchangeOrder,
  options: ExchangeOptions,
): Promise<Outcome> {
  const { stored, background } = order
  const reason = order.reason ?? (stored === undefined ? 'miss' : 'stale')
  const validators = stored === undefined ? [] : validatorFields(stored.policy)
  const requestedAtMs = options.now()
  let response: Response
  try {
    response = await call.forward({ method: 'GET', reason, keepConditions: false, validators, background })
  } catch (cause) {
    return { kind: 'disconnected', reason: cause }
  }
  const received: Received = { reason, requestedAtMs, receivedAtMs: options.now() }
  if (response.status !== 304 || stored === undefined || validators.length === 0) {
    return receive(call, order, response, received, options)
  }
  // §4.3.4: a 304 about some other answer updates nothing; ask again without conditions.
  return confirms(response.headers, stored.policy)
    ? freshen(call, order, stored, response.headers, received, options)
    : exchange(call, { ...order, stored: undefined, reason }, options)
}

interface Received {
  readonly reason: Forwarded['reason']
  readonly requestedAtMs: number
  readonly receivedAtMs: number
}

function freshen(
  call: CacheCall,
  order: ExchangeOrder,
  stored: Entry,
  notModified: Headers,
  { reason, requestedAtMs, receivedAtMs }: Received,
  options: ExchangeOptions,
): Outcome {
  const headers = freshenedFields(stored.receivedFields(), notModified)
  if (!notModified.has('date')) dateOnArrival(headers, receivedAtMs)
  const { status, body } = stored
  const control = responseControl(headers, options.rules)
  const tags = tagsOf(headers, call, options)
  const forbidden = whyForbidden(call, order, status, headers, control, tags, receivedAtMs, options)
  const answer = {
    kind: 'answer',
    status,
    headers: [...headers],
    body,
    requestedAtMs,
    receivedAtMs,
    tags,
  } as const
  const entry = new Entry(answer, options.rules, receivedAtMs, control)
  return keep(call, entry, forbidden, { reason, status: 304 }, options)
}

async function receive(
  call: CacheCall,
  order: ExchangeOrder,
  response: Response,
  { reason, requestedAtMs, receivedAtMs }: Received,
  options: ExchangeOptions,
): Promise<Outcome> {
  const { rules } = options
  const { status } = response
  const headers = new Headers(response.headers)
  removeHopByHop(headers)
  if (!headers.has('date')) dateOnArrival(headers, receivedAtMs)
  const control = responseControl(headers, rules)
  const tags = tagsOf(headers, call, options)
  const forbidden = whyForbidden(call, order, status, headers, control, tags, receivedAtMs, options)
  const isError = isOriginError(status)
  const mayBeReplaced =
    isError && order.stored !== undefined && mayStandIn(order.stored.policy, 'error-answer', receivedAtMs)
  const isForWaiters = isError && rules.shareErrors && !control.private && !headers.has('set-cookie')
  if (forbidden !== undefined && !mayBeReplaced && !isForWaiters) {
    return { kind: 'own', response, forwarded: { reason, status, detail: forbidden } }
  }
  let body: ReadBody
  try {
    body = await readBoundedBody(response, options.bodyBytesMax)
  } catch (cause) {
    return { kind: 'disconnected', reason: new BrokenAnswer(cause) }
  }
  if (body.kind === 'larger') {
    const whole = new Response(body.stream, response)
    return { kind: 'own', response: whole, forwarded: { reason, status, detail: 'too-large' } }
  }
  if (isDecoded(headers, rules)) headers.delete('content-encoding')
  const answer = {
    kind: 'answer',
    status,
    headers: [...headers],
    body: body.bytes,
    requestedAtMs,
    receivedAtMs,
    tags,
  } as const
  const entry = new Entry(answer, rules, receivedAtMs, control)
  return mayBeReplaced || (isError && forbidden !== undefined)
    ? { kind: 'error-answer', entry, forwarded: { reason, status } }
    : keep(call, entry, forbidden, { reason, status }, options)
}

function keep(
  call: CacheCall,
  entry: Entry,
  forbidden: NotStored | undefined,
  forwarded: Forwarded,
  { layers }: ExchangeOptions,
): Outcome {
  if (forbidden !== undefined) {
    return { kind: 'entry', entry, stored: 'forbidden', forwarded: { ...forwarded, detail: forbidden } }
  }
  const stored = layers.put(call.key, call.request.headers, entry, call.waitUntil)
  return { kind: 'entry', entry, stored: stored ? 'stored' : 'purged', forwarded: { ...forwarded, stored } }
}

function whyForbidden(
  call: CacheCall,
  order: ExchangeOrder,
  status: number,
  headers: Headers,
  control: ResponseControl,
  tags: readonly string[],
  receivedAtMs: number,
  { rules }: ExchangeOptions,
): NotStored | undefined {
  if (tags.length > tagsMax) return 'tags'
  if (forbidsDecoding(headers, rules)) return 'no-transform'
  const lifetime = freshnessLifetime(status, headers, control, rules, receivedAtMs)
  const request = order.control ?? noRequestControl
  const requestHeaders = call.request.headers
  return whyNotStored({ method: 'GET', requestHeaders, request, status, headers, control, lifetime }, rules)
}

/** RFC 9110 §6.6.1: an answer without a date gets that of its arrival. */
const dateOnArrival = (headers: Headers, receivedAtMs: number): void =>
  headers.set('date', new Date(receivedAtMs).toUTCString())

function tagsOf(headers: Headers, call: CacheCall, options: ExchangeOptions): readonly string[] {
  const tags = new Set<string>([...options.keyTags(call.key), ...(call.tags ?? [])])
  for (const tag of (headers.get('cache-tag') ?? '').split(',')) if (tag.trim() !== '') tags.add(tag.trim())
  return [...tags]
}
