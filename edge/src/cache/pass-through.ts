import { type CacheCall, type Forward, originHeaders } from './engine/cache-call.ts'
import { createHttpCache } from './engine/engine.ts'
import type { HttpCache } from './engine/http-cache.ts'
import { fieldsForOrigin } from './pass-through-fields.ts'
import { isUnsafe } from './policy/invalidation.ts'
import { type CacheRules, passThroughRules } from './policy/rules.ts'
import { surrogateCapability } from './policy/surrogate-control.ts'
import { TagStamps } from './purge/tag-stamps.ts'
import { WorkersStampStore } from './purge/workers-stamp-store.ts'
import { boundedCache } from './store/bounded-cache.ts'
import { MemoryStore } from './store/memory-store.ts'
import { type CacheApi, WorkersCacheStore } from './store/workers-cache-store.ts'

/**
 * Pass-through mode: everything under a route prefix is answered by any HTTP origin, cached by the letter of RFC 9111,
 * without tokens and without the contract. Off unless both the prefix and the origin are configured.
 */
export interface PassThroughOptions {
  /** Path prefix that is passed through, with its slashes: `/assets/`, or `/` for everything. */
  readonly prefix: string
  /** Origin without path, as in `https://static.example.com`. Paths stay as they are. */
  readonly origin: string
  /**
   * Fields of requests that reach the origin beside those that any client sends ({@link fieldsForOrigin}), lower case.
   * Its answers to GET must not depend on one unless they name it in `Vary`. @default none
   */
  readonly requestFields?: readonly string[]
  /**
   * Whether answers with `Set-Cookie` are stored: `'explicit'`, when they declare a lifetime, for all to get the same
   * cookie, as RFC 9111 §7.3 has it; `'never'`, as other caches do, since it is mostly one client's own. @default 'never'
   */
  readonly storeSetCookie?: CacheRules['storeSetCookie']
  /** Memory for stored answers, in bytes. @default 16 MiB */
  readonly memoryBytesMax?: number
  /** The data centre's cache; without it each isolate has its memory alone. */
  readonly cacheApi?: CacheApi
  readonly fetch: typeof fetch
  readonly now: () => number
}

export interface PassThrough {
  /** @returns `undefined` for what is not under the prefix */
  handle(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> | undefined
}

const keepMaxSeconds = 172_800

/** As long as Varnish remembers it: an origin's pages seldom become anything but private. */
const hitForMissMs = 120_000

export function createPassThrough(options: PassThroughOptions): PassThrough {
  const { prefix, now } = options
  const cacheApi = options.cacheApi && boundedCache(options.cacheApi)
  const origin = new URL(options.origin).origin
  const rules = { ...passThroughRules, storeSetCookie: options.storeSetCookie ?? 'never' }
  const requestFields = new Set(options.requestFields)
  const cache = createHttpCache({
    rules,
    memory: new MemoryStore({ bytesMax: options.memoryBytesMax ?? 16_777_216, countMax: 10_000 }),
    stamps: new TagStamps({
      now,
      ...(cacheApi !== undefined && {
        shared: new WorkersStampStore(cacheApi, `${origin}/.spillway-stamp/`, keepMaxSeconds + 3600),
      }),
    }),
    ...(cacheApi !== undefined && { shared: new WorkersCacheStore(cacheApi, `${origin}/.spillway-cache/`) }),
    now,
    keepMaxSeconds,
    keyOfUrl,
    origins: [origin],
    hitForMissMs,
  })
  return {
    handle(request, waitUntil) {
      const url = new URL(request.url)
      if (!url.pathname.startsWith(prefix)) return undefined
      const target = `${origin}${url.pathname}${url.search}`
      const forward: Forward = (order) => {
        const headers = fieldsForOrigin(originHeaders(request.headers, order), order.method, requestFields)
        headers.set('surrogate-capability', surrogateCapability(rules.name))
        const hasBody = isUnsafe(order.method) && request.body !== null
        return options.fetch(target, {
          method: order.method,
          headers,
          redirect: 'manual',
          ...(hasBody && { body: request.body }),
        })
      }
      return answer(cache, { request, key: keyOfUrl(url), waitUntil, forward }, options.now())
    },
  }
}

/** Scheme and host are those of the one origin behind the prefix: the rest of the URL tells its resources apart. */
const keyOfUrl = (url: URL): string => url.pathname + url.search

async function answer(cache: HttpCache, call: CacheCall, nowMs: number): Promise<Response> {
  const fresh = cache.tryFresh(call.key, call.request, nowMs)
  if (fresh !== undefined) return fresh
  try {
    return await cache.handle(call)
  } catch {
    // RFC 9111 §5.2.2.2: what may not be served stale while the origin cannot be reached is a 504.
    return new Response(JSON.stringify({ type: 'about:blank', title: 'Gateway Timeout', status: 504 }), {
      status: 504,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    })
  }
}
