import { FieldMap, type FieldReader, type FieldSource } from '../../lib/field-map.ts'
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
import { type ReadBody, readBoundedBody, withBody } from './bounded-body.ts'
import type { CacheCall, Reply } from './cache-call.ts'
import { Entry } from './entry.ts'
import type { Layers } from './layers.ts'
import { BrokenAnswer } from './no-answer.ts'
import { keyOfEntry } from './viewer.ts'

/** Outcome of asking the origin. Only its plain data is shared; a `Response` belongs to the request that fetched it. */
export type Outcome =
  /** An answer for the fetching request and, if stored, for all that wait. */
  | {
      readonly kind: 'entry'
      readonly entry: Entry
      /** Key under which it is stored. */
      readonly key: string
      /** Fields that only the fetching request may see; they are never stored. */
      readonly withheld: Fields
      /** `undefined` when the data centre's store had the answer and the origin was not asked. */
      readonly forwarded: Forwarded | undefined
      /** `purged`: a purge happened during the fetch, so waiting requests ask again. */
      readonly stored: 'stored' | 'purged' | 'forbidden'
    }
  /** An answer for the fetching request only. */
  | { readonly kind: 'own'; readonly response: Reply; readonly forwarded: Forwarded }
  /** An error answer (5xx) for all that wait; the entry is not stored. */
  | {
      readonly kind: 'error-answer'
      readonly entry: Entry
      readonly withheld: Fields
      readonly forwarded: Forwarded
    }
  /** No answer, or an incomplete one: `forward` rejected, or the body broke off. */
  | { readonly kind: 'disconnected'; readonly reason: unknown }

export const failureOf = (outcome: Outcome): Failure | undefined =>
  outcome.kind === 'error-answer' || outcome.kind === 'disconnected' ? outcome.kind : undefined

/** Whether the origin was unreachable or answered with an error. */
export const hasFailed = (outcome: Outcome): boolean =>
  failureOf(outcome) !== undefined || (outcome.kind === 'own' && outcome.response.status >= 500)

/** Cancels the body of an outcome that no request waits for. */
export function discard(outcome: Outcome): void {
  if (outcome.kind === 'own') outcome.response.body?.cancel().catch(() => {})
}

export interface FetchOptions {
  readonly rules: CacheRules
  readonly layers: Layers
  readonly now: () => number
  readonly bodyBytesMax: number
  /** Tags for every answer under this key. */
  readonly keyTags: (key: string) => readonly string[]
}

export interface FetchOrder {
  /** The stored answer to validate, if any. */
  readonly stored: Entry | undefined
  readonly background: boolean
  /** Why the origin is asked, if the stored answer does not decide it. */
  readonly reason?: Forwarded['reason']
  readonly control?: RequestControl
  /** The last answer could not be stored, so the client's own conditions may be forwarded. @default false */
  readonly keepConditions?: boolean
}

/** Reading the stamps of more tags would cost more than the stored answer saves. */
const tagsMax = 32

/** Fetches an answer to store, validates a stored one (RFC 9111 §4.3), and stores the result if allowed (§3). */
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
  let response: Reply
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
  // §4.3.4: a 304 about another answer updates nothing, so ask again without conditions.
  return confirms(response.headers, stored.policy)
    ? freshen(asked, stored, response.headers)
    : fetchToStore(call, { ...order, stored: undefined, reason }, options)
}

/** A request that the origin has answered. */
interface Asked {
  readonly call: CacheCall
  readonly order: FetchOrder
  readonly options: FetchOptions
  readonly reason: Forwarded['reason']
  readonly times: Pick<Entry, 'turn' | 'requestedAtMs' | 'receivedAtMs'>
}

/** Header fields of an answer after judging: `headers` keeps only what may be stored. */
interface Judged {
  readonly headers: FieldMap
  readonly withheld: Fields
  readonly control: ResponseControl
  readonly tags: readonly string[]
  readonly forbidden: NotStored | undefined
}

function judge({ call, order, options, times }: Asked, status: number, headers: FieldMap): Judged {
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

function freshen(asked: Asked, stored: Entry, notModified: FieldSource): Outcome {
  const { rules } = asked.options
  const { receivedAtMs } = asked.times
  const headers = freshenedFields(stored.receivedFields(), notModified)
  if (!notModified.has('date')) dateOnArrival(headers, receivedAtMs)
  const { status, body } = stored
  const judged = judge(asked, status, headers)
  const fields = headers.pairs()
  const answer = { kind: 'answer', status, headers: fields, body, ...asked.times, tags: judged.tags } as const
  return keep(asked, judged, new Entry(answer, rules, receivedAtMs, judged), 304)
}

async function receive(asked: Asked, response: Reply): Promise<Outcome> {
  const { order, options, reason, times } = asked
  const { rules } = options
  const { status } = response
  const headers = FieldMap.of(response.headers)
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
    const whole = withBody(response, body.stream)
    return { kind: 'own', response: whole, forwarded: { reason, status, detail: 'too-large' } }
  }
  if (isDecoded(headers, rules)) headers.delete('content-encoding')
  const fields = headers.pairs()
  const { bytes } = body
  const answer = {
    kind: 'answer',
    status,
    headers: fields,
    body: bytes,
    ...times,
    tags: judged.tags,
  } as const
  const entry = new Entry(answer, rules, times.receivedAtMs, judged)
  return mayBeReplaced || (isError && forbidden !== undefined)
    ? { kind: 'error-answer', entry, withheld, forwarded: { reason, status } }
    : keep(asked, judged, entry, status)
}

/** @param status the origin's: 304 if it confirmed the entry */
function keep(asked: Asked, { forbidden, withheld }: Judged, entry: Entry, status: number): Outcome {
  const { call, options, reason } = asked
  const key = keyOfEntry(entry, call)
  if (forbidden !== undefined) {
    endWhatLies(asked, entry.status, forbidden)
    const forwarded = { reason, status, detail: forbidden }
    return { kind: 'entry', entry, key, withheld, stored: 'forbidden', forwarded }
  }
  endCopy(asked, key)
  const stored = options.layers.put(key, call.request.headers, entry, call.waitUntil)
  const forwarded = { reason, status, stored }
  return { kind: 'entry', entry, key, withheld, stored: stored ? 'stored' : 'purged', forwarded }
}

/** Ends the stored answer under the key when the origin's newer answer may not be stored. */
function endWhatLies(asked: Asked, status: number, why: NotStored): void {
  const { call, options } = asked
  if (!endsStored(status, why, options.rules)) return
  endCopy(asked)
  endUnder(call.viewer?.key ?? call.key, asked)
}

/**
 * Ends the copy that the caller was shown: the origin has just told that caller something else. A caller who was shown
 * none ends none, so that nobody can keep a document out of the cache by asking for what they may not see.
 *
 * @param instead key under which the new answer is stored, if it is
 */
function endCopy(asked: Asked, instead?: string): void {
  const { call, order } = asked
  if (order.stored?.attributes === undefined) return
  const key = keyOfEntry(order.stored, call)
  if (key !== instead) endUnder(key, asked)
}

function endUnder(key: string, { call, order, options, times }: Asked): void {
  const asOf = { requestedAtMs: times.requestedAtMs, wasStored: order.stored !== undefined }
  options.layers.end(key, call.request.headers, asOf, call.waitUntil)
}

/** RFC 9110 §6.6.1: an answer without `Date` gets the time of its arrival. */
const dateOnArrival = (headers: FieldMap, receivedAtMs: number): void =>
  headers.set('date', new Date(receivedAtMs).toUTCString())

/**
 * Tags by which the answer can be purged. An answer with too many tags to check keeps only those of its key, if any:
 * invalidating its URL still reaches it.
 */
function tagsOf(headers: FieldReader, call: CacheCall, options: FetchOptions): readonly string[] {
  const keyTags = options.keyTags(call.key)
  const own = [...keyTags, ...(call.tags ?? [])]
  const tags = new Set([...own, ...listMembers(headers.get('cache-tag') ?? '')])
  return tags.size > tagsMax && keyTags.length > 0 ? own : [...tags]
}
