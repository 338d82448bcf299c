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
 * Pass-through mode: any HTTP origin serves everything under a path prefix, cached by RFC 9111, without tokens and
 * without the contract. Off unless both the prefix and the origin are configured.
 */
export interface PassThroughOptions {
  /** Path prefix to pass through, with its slashes: `/assets/`, or `/` for everything. */
  readonly prefix: string
  /** Origin without path, such as `https://static.example.com`. Paths stay unchanged. */
  readonly origin: string
  /**
   * Request fields that reach the origin beyond the standard ones ({@link fieldsForOrigin}), in lower case. Answers to
   * GET must name them in `Vary` if they depend on them. @default none
   */
  readonly requestFields?: readonly string[]
  /**
   * Whether answers with `Set-Cookie` are stored. `'explicit'`: if they declare a lifetime, so that everybody gets the
   * same cookie, as in RFC 9111 §7.3. `'never'`: as other caches do, since a cookie is usually one client's own.
   * @default 'never'
   */
  readonly storeSetCookie?: CacheRules['storeSetCookie']
  /** Memory for stored answers, in bytes. @default 16 MiB */
  readonly memoryBytesMax?: number
  /** The data centre's Cache API; without it each isolate uses only its memory. */
  readonly cacheApi?: CacheApi
  readonly fetch: typeof fetch
  readonly now: () => number
}

export interface PassThrough {
  /** @returns `undefined` for URLs outside the prefix */
  handle(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> | undefined
}

const keepMaxSeconds = 172_800

/** Varnish's default: a private page of an origin rarely becomes shareable. */
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

/** Scheme and host are always those of the one origin, so the rest of the URL is the key. */
const keyOfUrl = (url: URL): string => url.pathname + url.search

async function answer(cache: HttpCache, call: CacheCall, nowMs: number): Promise<Response> {
  const fresh = cache.tryFresh(call.key, call.request, nowMs)
  if (fresh !== undefined) return fresh
  try {
    return await cache.handle(call)
  } catch {
    // RFC 9111 §5.2.2.2: 504 when the origin is unreachable and no stale answer may be served.
    return new Response(JSON.stringify({ type: 'about:blank', title: 'Gateway Timeout', status: 504 }), {
      status: 504,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    })
  }
}
