import { originHeaders } from './engine/cache-call.ts'
import { createHttpCache } from './engine/engine.ts'
import type { HttpCache } from './engine/http-cache.ts'
import { removeHopByHop } from './policy/fields.ts'
import { isUnsafe } from './policy/invalidation.ts'
import { passThroughRules } from './policy/rules.ts'
import { surrogateCapability } from './policy/surrogate-control.ts'
import { TagStamps } from './purge/tag-stamps.ts'
import { WorkersStampStore } from './purge/workers-stamp-store.ts'
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

export function createPassThrough(options: PassThroughOptions): PassThrough {
  const { prefix, now, cacheApi } = options
  const origin = new URL(options.origin).origin
  const cache = createHttpCache({
    rules: passThroughRules,
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
  })
  return {
    handle(request, waitUntil) {
      const url = new URL(request.url)
      if (!url.pathname.startsWith(prefix)) return undefined
      return answer(cache, request, url, `${origin}${url.pathname}${url.search}`, waitUntil, options)
    },
  }
}

/** Scheme and host are those of the one origin behind the prefix: the rest of the URL tells its resources apart. */
const keyOfUrl = (url: URL): string => url.pathname + url.search

/**
 * Fields by which a request makes some origins answer for another URL than the one in the key: whoever sent one could
 * store that answer for everybody. And those of the client's own connection (RFC 9110 §7.6.1).
 */
function removeUnkeyed(headers: Headers): void {
  removeHopByHop(headers)
  for (const name of [...headers.keys()]) if (unkeyed.test(name)) headers.delete(name)
}

const unkeyed =
  /^(?:forwarded|x-forwarded-.*|x-host|x-original-url|x-rewrite-url|x-http-method(?:-override)?|x-method-override)$/

async function answer(
  cache: HttpCache,
  request: Request,
  url: URL,
  target: string,
  waitUntil: (work: Promise<unknown>) => void,
  options: PassThroughOptions,
): Promise<Response> {
  const key = keyOfUrl(url)
  const fresh = cache.tryFresh(key, request, options.now())
  if (fresh !== undefined) return fresh
  try {
    return await cache.handle({
      request,
      key,
      waitUntil,
      forward: (order) => {
        const headers = originHeaders(request.headers, order)
        removeUnkeyed(headers)
        headers.set('surrogate-capability', surrogateCapability(passThroughRules.name))
        const hasBody = isUnsafe(order.method) && request.body !== null
        return options.fetch(target, {
          method: order.method,
          headers,
          redirect: 'manual',
          ...(hasBody && { body: request.body }),
        })
      },
    })
  } catch {
    // RFC 9111 §5.2.2.2: what may not be served stale while the origin cannot be reached is a 504.
    return new Response(JSON.stringify({ type: 'about:blank', title: 'Gateway Timeout', status: 504 }), {
      status: 504,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    })
  }
}
