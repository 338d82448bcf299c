import type { CacheApi } from '../cache/index.ts'
import type { Mac } from '../consistency/consistency-token.ts'

/**
 * The data centre's cache under URLs that nobody can guess. `caches.default` is the zone's own cache: whoever fetches
 * the URL of what lies there is given it by Cloudflare, and no Worker and no origin is asked. Answers that are one
 * subject's own lie there, too, so each URL ends in a MAC of itself, which only holders of the assertion key can compute.
 * One that leaks, by a log or a trace, opens no other.
 */
export function hiddenCache(cache: CacheApi, mac: Mac): CacheApi {
  const hidden = async (url: string): Promise<string> => `${url}/${await mac(url)}`
  return {
    match: async (url) => cache.match(await hidden(url)),
    put: async (url, response) => cache.put(await hidden(url), response),
  }
}
