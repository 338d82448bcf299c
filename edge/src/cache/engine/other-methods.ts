import { forwardStatus } from '../policy/cache-status.ts'
import { invalidatedUrls, isUnsafe } from '../policy/invalidation.ts'
import { answerFromEntry } from './answer-from-entry.ts'
import type { CacheCall, Reply } from './cache-call.ts'
import type { FetchOptions } from './fetch-to-store.ts'
import { passOn } from './pass-on.ts'
import { mayStorePost, storePost } from './store-post.ts'

export interface OtherMethodOptions {
  readonly fetching: FetchOptions
  readonly purge: (tags: readonly string[]) => Promise<void> | undefined
  readonly keyOfUrl: ((url: URL) => string) | undefined
  /** Further names of the origin. */
  readonly origins: readonly string[]
}

/** Forwards a request that no stored answer serves: with the client's own conditions, for that client only. */
export async function bypass(
  call: CacheCall,
  reason: 'request' | 'partial' | 'method',
  options: FetchOptions,
): Promise<Response> {
  const response = await forwarded(call, reason)
  return passOn(response, call.request, statusOf(reason, response, options), options.rules.ownFields)
}

/**
 * Forwards methods that the store does not answer. Unsafe ones invalidate (RFC 9111 §4.4), and a POST may be stored.
 */
export async function handleOther(call: CacheCall, options: OtherMethodOptions): Promise<Response> {
  const { keyOfUrl, fetching, origins } = options
  const { method, url } = call.request
  if (keyOfUrl === undefined || !isUnsafe(method)) return bypass(call, 'method', fetching)
  const startedAtMs = fetching.now()
  const response = await forwarded(call, 'method')
  const status = statusOf('method', response, fetching)
  const target = new URL(url)
  // Before this write's own invalidation, which would hide those of other writes.
  const mayStore = await mayStorePost(call, response, { target, startedAtMs }, fetching)
  const invalid = invalidatedUrls({ method, target, origins }, response.status, response.headers)
  if (invalid.length > 0) await options.purge(invalid.map((other) => urlTag(keyOfUrl(other))))
  const stored = mayStore
    ? await storePost(call, response, fetching)
    : ({ kind: 'not-stored', response } as const)
  if (stored.kind === 'not-stored') {
    return passOn(stored.response, call.request, status, fetching.rules.ownFields)
  }
  const { entry, withheld } = stored
  return answerFromEntry(entry, call.request, entry.forwarded(status, withheld))
}

/** Tag of every answer to a URL, whatever its variant, so that invalidation (§4.4) is a purge. */
export const urlTag = (key: string): string => `=${key}`

const forwarded = (call: CacheCall, reason: 'request' | 'partial' | 'method'): Promise<Reply> =>
  call.forward({
    method: call.request.method,
    reason,
    keepConditions: true,
    validators: [],
    background: false,
  })

const statusOf = (
  reason: 'request' | 'partial' | 'method',
  { status }: Reply,
  { rules }: FetchOptions,
): string => forwardStatus(rules.name, { reason, status })
