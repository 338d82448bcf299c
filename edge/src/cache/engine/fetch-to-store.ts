import { listMembers } from '../policy/blanks.ts'
import type { Forwarded } from '../policy/cache-status.ts'
import { forbidsDecoding, isDecoded } from '../policy/content-coding.ts'
import { endsStored } from '../policy/ends-stored.ts'
import { freshenedFields, removeHopByHop, takeFields } from '../policy/fields.ts'
import { freshnessLifetime } from '../policy/freshness.ts'
import { confirms, validatorFields } from '../policy/not-modified.ts'
import { noRequestControl, type RequestControl } from '../policy/request-control.ts'
import { type ResponseControl, responseControl } from '../policy/response-control.ts'
import { type Failure, mayStandIn } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import { isOriginError } from '../policy/status.ts'
import { type NotStored, whyNotStored } from '../policy/storability.ts'
import type { Fields } from '../store/stored-record.ts'
import { type ReadBody, readBoundedBody } from './bounded-body.ts'
import type { CacheCall } from './cache-call.ts'
import { Entry } from './entry.ts'
import type { Layers } from './layers.ts'
import { BrokenAnswer } from './no-answer.ts'

/** Outcome of asking the origin. Only plain data in it is shared; a `Response` is the asker's own. */
export type Outcome =
  /** An answer for the asker and, when stored, for all who wait. */
  | {
      readonly kind: 'entry'
      readonly entry: Entry
      /** Fields of this very answer that nobody but its asker may have. They are in no store. */
      readonly withheld: Fields
      /** `undefined` when the origin was not asked: the data centre had it. */
      readonly forwarded: Forwarded | undefined
      /** `purged`: a purge came between; whoever waited asks again. */
      readonly stored: 'stored' | 'purged' | 'forbidden'
    }
  /** An answer for the asker alone. */
  | { readonly kind: 'own'; readonly response: Response; readonly forwarded: Forwarded }
  /** An error answer (5xx) for all who wait; the entry is not stored. */
  | {
      readonly kind: 'error-answer'
      readonly entry: Entry
      readonly withheld: Fields
      readonly forwarded: Forwarded
    }
  /** No answer, or none to its end: `forward` rejected, or the body broke off. */
  | { readonly kind: 'disconnected'; readonly reason: unknown }

export const failureOf = (outcome: Outcome): Failure | undefined =>
  outcome.kind === 'error-answer' || outcome.kind === 'disconnected' ? outcome.kind : undefined

/** Whether the origin could not be asked, or answered with an error of its own. */
export const hasFailed = (outcome: Outcome): boolean =>
  failureOf(outcome) !== undefined || (outcome.kind === 'own' && outcome.response.status >= 500)

/** Cancels the body of an outcome that nobody waits for. */
export function discard(outcome: Outcome): void {
  if (outcome.kind === 'own') outcome.response.body?.cancel().catch(() => {})
}

export interface FetchOptions {
  readonly rules: CacheRules
  readonly layers: Layers
  readonly now: () => number
  readonly bodyBytesMax: number
  /** Tags that every answer under this key gets. */
  readonly keyTags: (key: string) => readonly string[]
}

export interface FetchOrder {
  /** The stored answer to validate, if there is one. */
  readonly stored: Entry | undefined
  readonly background: boolean
  /** Why the origin is asked, where a stored answer is not what decides it. */
  readonly reason?: Forwarded['reason']
  readonly control?: RequestControl
  /** The last answer could not be stored, so the client's own conditions may go to the origin. @default false */
  readonly keepConditions?: boolean
}

/** More tags on one answer would cost more look-ups of stamps than the answer saves. */
const tagsMax = 32

/** Asks the origin for an answer that can be stored, validates what is stored (RFC 9111 §4.3), stores what may be (§3). */
export async function fetchToStore(
  call: CacheCall,
  order: FetchOrder,
  options: FetchOptions,
): Promise<Outcome> {
  const { stored, background, keepConditions = false } = order
  const reason = order.reason ?? (stored === undefined ? 'miss' : 'stale')
  const validators = stored === undefined ? [] : validatorFields(stored.policy)
  const foreseen = options.layers.foresee(call, stored)
  if (foreseen !== undefined) await foreseen
  const requestedAtMs = options.now()
  const { turn } = options.layers
  let response: Response
  try {
    response = await call.forward({ method: 'GET', reason, keepConditions, validators, background })
  } catch (cause) {
    return { kind: 'disconnected', reason: cause }
  }
  const times = { turn, requestedAtMs, receivedAtMs: options.now() }
  const asked: Asked = { call, order, options, reason, times }
  if (response.status !== 304 || stored === undefined || validators.length === 0) {
    return receive(asked, response)
  }
  // §4.3.4: a 304 about some other answer updates nothing; ask again without conditions.
  return confirms(response.headers, stored.policy)
    ? freshen(asked, stored, response.headers)
    : fetchToStore(call, { ...order, stored: undefined, reason }, options)
}

/** A request to the origin that has been answered. */
interface Asked {
  readonly call: CacheCall
  readonly order: FetchOrder
  readonly options: FetchOptions
  readonly reason: Forwarded['reason']
  readonly times: Pick<Entry, 'turn' | 'requestedAtMs' | 'receivedAtMs'>
}

/** The fields of an answer, read: `headers` is left with what may be stored. */
interface Judged {
  readonly headers: Headers
  readonly withheld: Fields
  readonly control: ResponseControl
  readonly tags: readonly string[]
  readonly forbidden: NotStored | undefined
}

function judge({ call, order, options, times }: Asked, status: number, headers: Headers): Judged {
  const { rules } = options
  const control = responseControl(headers, rules)
  const withheld = takeFields(headers, control.withheldFields)
  const tags = tagsOf(headers, call, options)
  const judged = { headers, withheld, control, tags }
  if (tags.length > tagsMax) return { ...judged, forbidden: 'tags' }
  if (forbidsDecoding(headers, rules)) return { ...judged, forbidden: 'no-transform' }
  const lifetime = freshnessLifetime({ status, headers, control }, rules, times.receivedAtMs)
  const request = order.control ?? noRequestControl
  const requestHeaders = call.request.headers
  const asked = { method: 'GET', requestHeaders, request, status, headers, control, lifetime }
  return { ...judged, forbidden: whyNotStored(asked, rules) }
}

function freshen(asked: Asked, stored: Entry, notModified: Headers): Outcome {
  const { rules } = asked.options
  const { receivedAtMs } = asked.times
  const headers = freshenedFields(stored.receivedFields(), notModified)
  if (!notModified.has('date')) dateOnArrival(headers, receivedAtMs)
  const { status, body } = stored
  const judged = judge(asked, status, headers)
  const fields = [...headers]
  const answer = { kind: 'answer', status, headers: fields, body, ...asked.times, tags: judged.tags } as const
  return keep(asked, judged, new Entry(answer, rules, receivedAtMs, judged.control), 304)
}

async function receive(asked: Asked, response: Response): Promise<Outcome> {
  const { order, options, reason, times } = asked
  const { rules } = options
  const { status } = response
  const headers = new Headers(response.headers)
  removeHopByHop(headers)
  if (!headers.has('date')) dateOnArrival(headers, times.receivedAtMs)
  const judged = judge(asked, status, headers)
  const { control, forbidden, withheld } = judged
  const isError = isOriginError(status)
  const mayBeReplaced =
    isError &&
    order.stored !== undefined &&
    mayStandIn(order.stored.policy, 'error-answer', times.receivedAtMs)
  const isForWaiters = isError && rules.shareErrors && !control.private && !headers.has('set-cookie')
  if (forbidden !== undefined && !mayBeReplaced && !isForWaiters) {
    endWhatLies(asked, status, forbidden)
    return { kind: 'own', response, forwarded: { reason, status, detail: forbidden } }
  }
  let body: ReadBody
  try {
    body = await readBoundedBody(response, options.bodyBytesMax)
  } catch (cause) {
    return { kind: 'disconnected', reason: new BrokenAnswer(cause) }
  }
  if (body.kind === 'larger') {
    endWhatLies(asked, status, 'too-large')
    const whole = new Response(body.stream, response)
    return { kind: 'own', response: whole, forwarded: { reason, status, detail: 'too-large' } }
  }
  if (isDecoded(headers, rules)) headers.delete('content-encoding')
  const fields = [...headers]
  const { bytes } = body
  const answer = {
    kind: 'answer',
    status,
    headers: fields,
    body: bytes,
    ...times,
    tags: judged.tags,
  } as const
  const entry = new Entry(answer, rules, times.receivedAtMs, control)
  return mayBeReplaced || (isError && forbidden !== undefined)
    ? { kind: 'error-answer', entry, withheld, forwarded: { reason, status } }
    : keep(asked, judged, entry, status)
}

/** @param status what the origin said: 304 where it has confirmed the entry */
function keep(asked: Asked, { forbidden, withheld }: Judged, entry: Entry, status: number): Outcome {
  const { call, options, reason } = asked
  if (forbidden !== undefined) {
    endWhatLies(asked, entry.status, forbidden)
    const forwarded = { reason, status, detail: forbidden }
    return { kind: 'entry', entry, withheld, stored: 'forbidden', forwarded }
  }
  const stored = options.layers.put(call.key, call.request.headers, entry, call.waitUntil)
  const forwarded = { reason, status, stored }
  return { kind: 'entry', entry, withheld, stored: stored ? 'stored' : 'purged', forwarded }
}

/** Ends the stored answer under the key where the origin's newer answer may not replace it. */
function endWhatLies(asked: Asked, status: number, why: NotStored): void {
  const { call, order, options, times } = asked
  if (!endsStored(status, why, options.rules)) return
  const asOf = { requestedAtMs: times.requestedAtMs, wasStored: order.stored !== undefined }
  options.layers.end(call.key, call.request.headers, asOf, call.waitUntil)
}

/** RFC 9110 §6.6.1: an answer without a date gets that of its arrival. */
const dateOnArrival = (headers: Headers, receivedAtMs: number): void =>
  headers.set('date', new Date(receivedAtMs).toUTCString())

/**
 * Tags by which the answer can be purged. One with too many to check, as some sites send them, keeps those of its key
 * alone, where its key has any: what invalidates its URL still reaches it.
 */
function tagsOf(headers: Headers, call: CacheCall, options: FetchOptions): readonly string[] {
  const keyTags = options.keyTags(call.key)
  const own = [...keyTags, ...(call.tags ?? [])]
  const tags = new Set([...own, ...listMembers(headers.get('cache-tag') ?? '')])
  return tags.size > tagsMax && keyTags.length > 0 ? own : [...tags]
}
