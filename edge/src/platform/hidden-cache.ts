import type { CacheApi } from '../cache/index.ts'
import type { Mac } from '../consistency/consistency-token.ts'

/**
 * The Cache API under unguessable URLs. `caches.default` is the zone's own cache: Cloudflare serves its contents to
 * anyone who requests the URL, without asking a Worker or an origin. Answers of single subjects are stored there, too,
 * so each URL ends in a MAC of itself, which only holders of the key can compute. A URL that leaks through a log or a
 * trace reveals no other.
 *
 * @param macs the one in use, then those under whose URLs older answers may still lie: a rotation empties no cache
 */
export function hiddenCache(cache: CacheApi, macs: readonly [Mac, ...Mac[]]): CacheApi {
  const hidden = (url: string, mac: Mac): string => `${url}/${mac(url)}`
  const [inUse, ...others] = macs
  return {
    match: async (url) => {
      let found = await cache.match(hidden(url, inUse))
      for (const mac of others) found ??= await cache.match(hidden(url, mac))
      return found
    },
    put: async (url, response) => cache.put(hidden(url, inUse), response),
  }
}
