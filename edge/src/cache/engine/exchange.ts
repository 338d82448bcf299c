import type { Forwarded } from '../policy/cache-status.ts'
import { freshenedFields, removeHopByHop } from '../policy/fields.ts'
import { freshnessLifetime } from '../policy/freshness.ts'
import { confirms, validatorFields } from '../policy/not-modified.ts'
import { noRequestControl, type RequestControl } from '../policy/request-control.ts'
import { responseControl } from '../policy/response-control.ts'
import { type Failure, mayStandIn } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import { isOriginError } from '../policy/status.ts'
import { whyNotStored } from '../policy/storability.ts'
import { readBoundedBody } from './bounded-body.ts'
import type { CacheCall } from './cache-call.ts'
import { Entry } from './entry.ts'
import type { Layers } from './layers.ts'

/** What came of asking the origin. Only plain data in it is shared; a `Response` is the asker's own. */
export type Outcome =
  /** An answer for all who wait, and as a rule in the store. */
  | {
      readonly kind: 'entry'
      readonly entry: Entry
      readonly forwarded: Forwarded | undefined
      readonly stored: boolean
    }
  /** An answer for the asker alone. */
  | { readonly kind: 'own'; readonly response: Response; readonly forwarded: Forwarded }
  /** An error answer (5xx) for all who wait; `entry` holds it, unstored. */
  | {
      readonly kind: 'error-answer'
      readonly entry: Entry
      readonly forwarded: Forwarded
    }
  /** No answer: `forward` rejected. */
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
  try {
    const response = await call.forward({
      method: 'GET',
      reason,
      keepConditions: false,
      validators,
      background,
    })
    const receivedAtMs = options.now()
    if (response.status !== 304 || stored === undefined || validators.length === 0) {
      return await receive(call, order, reason, response, requestedAtMs, receivedAtMs, options)
    }
    await response.body?.cancel()
    // §4.3.4: a 304 about some other answer updates nothing; ask again without conditions.
    if (!confirms(response.headers, stored.policy)) {
      return await exchange(call, { ...order, stored: undefined, reason }, options)
    }
    return freshen(call, order, reason, stored, response.headers, requestedAtMs, receivedAtMs, options)
  } catch (error) {
    return { kind: 'disconnected', reason: error }
  }
}

function freshen(
  call: CacheCall,
  order: ExchangeOrder,
  reason: Forwarded['reason'],
  stored: Entry,
  notModified: Headers,
  requestedAtMs: number,
  receivedAtMs: number,
  options: ExchangeOptions,
): Outcome {
  const headers = freshenedFields(stored.receivedFields(), notModified)
  const entry = new Entry(
    {
      kind: 'answer',
      status: stored.status,
      headers: [...headers],
      body: stored.body,
      requestedAtMs,
      receivedAtMs,
      tags: tagsOf(headers, call, options),
    },
    options.rules,
    receivedAtMs,
  )
  const forbidden = whyNotStored(
    {
      method: 'GET',
      requestHeaders: call.request.headers,
      request: order.control ?? noRequestControl,
      status: entry.status,
      headers,
      control: responseControl(headers, options.rules),
      lifetime: freshnessLifetime(
        entry.status,
        headers,
        responseControl(headers, options.rules),
        options.rules,
        receivedAtMs,
      ),
    },
    options.rules,
  )
  const kept =
    forbidden === undefined && options.layers.put(call.key, call.request.headers, entry, call.waitUntil)
  return { kind: 'entry', entry, stored: kept, forwarded: { reason, status: 304, stored: kept } }
}

async function receive(
  call: CacheCall,
  order: ExchangeOrder,
  reason: Forwarded['reason'],
  response: Response,
  requestedAtMs: number,
  receivedAtMs: number,
  options: ExchangeOptions,
): Promise<Outcome> {
  const { rules } = options
  const { status } = response
  const headers = new Headers(response.headers)
  removeHopByHop(headers)
  // RFC 9110 §6.6.1: an answer without a date gets that of its arrival.
  if (!headers.has('date')) headers.set('date', new Date(receivedAtMs).toUTCString())
  const control = responseControl(headers, rules)
  const forbidden = whyNotStored(
    {
      method: 'GET',
      requestHeaders: call.request.headers,
      request: order.control ?? noRequestControl,
      status,
      headers,
      control,
      lifetime: freshnessLifetime(status, headers, control, rules, receivedAtMs),
    },
    rules,
  )
  const failed = isOriginError(status)
  const standIn =
    failed && order.stored !== undefined && mayStandIn(order.stored.policy, 'error-answer', receivedAtMs)
  const shareable = forbidden === undefined || (failed && isForWaiters(headers, control))
  if (!shareable && !standIn) {
    return {
      kind: 'own',
      response,
      forwarded: { reason, status, ...(forbidden !== undefined && { detail: forbidden }) },
    }
  }
  const body = await readBoundedBody(response, options.bodyBytesMax)
  if (body.kind === 'larger') {
    const larger = new Response(body.stream, response)
    return { kind: 'own', response: larger, forwarded: { reason, status, detail: 'too-large' } }
  }
  const entry = new Entry(
    {
      kind: 'answer',
      status,
      headers: [...headers],
      body: body.bytes,
      requestedAtMs,
      receivedAtMs,
      tags: tagsOf(headers, call, options),
    },
    rules,
    receivedAtMs,
    control,
  )
  if (standIn || forbidden !== undefined) {
    return { kind: 'error-answer', entry, forwarded: { reason, status } }
  }
  const kept = options.layers.put(call.key, call.request.headers, entry, call.waitUntil)
  return { kind: 'entry', entry, stored: kept, forwarded: { reason, status, stored: kept } }
}

/**
 * An error that may not be stored may still answer those who were waiting for the very same request, so that a failing
 * origin is asked once and not a thousand times; not one that is anybody's own.
 */
const isForWaiters = (
  headers: Headers,
  control: { readonly noStore: boolean; readonly private: boolean },
): boolean => !control.private && !headers.has('set-cookie') && !headers.has('www-authenticate')

function tagsOf(headers: Headers, call: CacheCall, options: ExchangeOptions): readonly string[] {
  const tags = new Set<string>([...options.keyTags(call.key), ...(call.tags ?? [])])
  for (const tag of (headers.get('cache-tag') ?? '').split(',')) if (tag.trim() !== '') tags.add(tag.trim())
  return [...tags]
}
