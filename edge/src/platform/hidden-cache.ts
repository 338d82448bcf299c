import type { CacheApi } from '../cache/index.ts'
import type { Mac } from '../consistency/consistency-token.ts'

/**
 * The Cache API under unguessable URLs. `caches.default` is the zone's own cache: Cloudflare serves its contents to
 * anyone who requests the URL, without asking a Worker or an origin. Answers of single subjects are stored there, too,
 * so each URL ends in a MAC of itself, which only holders of the assertion key can compute. A URL that leaks through a
 * log or a trace reveals no other.
 */
export function hiddenCache(cache: CacheApi, mac: Mac): CacheApi {
  const hidden = async (url: string): Promise<string> => `${url}/${await mac(url)}`
  return {
    match: async (url) => cache.match(await hidden(url)),
    put: async (url, response) => cache.put(await hidden(url), response),
  }
}
