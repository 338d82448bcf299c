import { FieldMap } from '../../lib/field-map.ts'
import { forbidsDecoding, isDecoded } from '../policy/content-coding.ts'
import { removeHopByHop, takeFields } from '../policy/fields.ts'
import { freshnessLifetime } from '../policy/freshness.ts'
import { requestControl } from '../policy/request-control.ts'
import { responseControl } from '../policy/response-control.ts'
import { whyNotStored } from '../policy/storability.ts'
import type { Fields } from '../store/stored-record.ts'
import { readBoundedBody, withBody } from './bounded-body.ts'
import type { CacheCall, Reply } from './cache-call.ts'
import { Entry } from './entry.ts'
import type { FetchOptions } from './fetch-to-store.ts'

export type StoredPost =
  | { readonly kind: 'stored'; readonly entry: Entry; readonly withheld: Fields }
  | { readonly kind: 'not-stored'; readonly response: Reply }

/**
 * Whether a POST's answer contains its target's new state (RFC 9110 §9.3.3), and nothing has invalidated the target
 * since it was sent. A concurrent write may be newer than the state in this answer, whichever answer arrives last.
 */
export async function mayStorePost(
  { request, key }: CacheCall,
  response: Reply,
  { target, startedAtMs }: { readonly target: URL; readonly startedAtMs: number },
  { layers, keyTags }: FetchOptions,
): Promise<boolean> {
  if (request.method !== 'POST' || response.status !== 200) return false
  const location = response.headers.get('content-location')
  const locatesTarget =
    location !== null &&
    URL.canParse(location, target.href) &&
    new URL(location, target.href).href === target.href
  return locatesTarget && (await layers.isUntouchedSince(keyTags(key), startedAtMs))
}

/**
 * Stores the answer to a POST for later GETs, if it declares a lifetime and names the target in `Content-Location` (RFC
 * 9110 §9.3.3).
 */
export async function storePost(
  call: CacheCall,
  response: Reply,
  options: FetchOptions,
): Promise<StoredPost> {
  const { rules, now, layers } = options
  const { status } = response
  const receivedAtMs = now()
  const headers = FieldMap.of(response.headers)
  removeHopByHop(headers)
  const control = responseControl(headers, rules)
  const withheld = takeFields(headers, control.withheldFields)
  const lifetime = freshnessLifetime({ status, headers, control }, rules, receivedAtMs)
  const request = requestControl(call.request.headers.get('cache-control'))
  const requestHeaders = call.request.headers
  const asked = { requestHeaders, request, status, headers, control, lifetime }
  const whyNot = whyNotStored({ ...asked, method: 'POST', locatesTarget: true }, rules)
  if (whyNot !== undefined || forbidsDecoding(headers, rules)) return { kind: 'not-stored', response }
  const body = await readBoundedBody(response, options.bodyBytesMax)
  if (body.kind === 'larger') return { kind: 'not-stored', response: withBody(response, body.stream) }
  if (isDecoded(headers, rules)) headers.delete('content-encoding')
  const tags = options.keyTags(call.key)
  // This POST's own invalidation has the same instant, and the stored answer must be newer.
  const asOf = receivedAtMs + 1
  const answer = { kind: 'answer', status, headers: headers.pairs(), body: body.bytes, tags } as const
  const entry = new Entry(
    { ...answer, turn: layers.turn, requestedAtMs: asOf, receivedAtMs: asOf },
    rules,
    receivedAtMs,
    { headers, control },
  )
  layers.put(call.key, requestHeaders, entry, call.waitUntil)
  return { kind: 'stored', entry, withheld }
}
