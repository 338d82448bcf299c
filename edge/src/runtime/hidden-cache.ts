import type { CacheApi } from '../cache/index.ts'
import type { Mac } from '../policy/consistency-token.ts'

/**
 * The data centre's cache under URLs that nobody can guess. `caches.default` is the zone's own cache: whoever fetches
 * the URL of what lies there is given it by Cloudflare, and no Worker and no origin is asked. Answers that are one
 * subject's own lie there, too, so each URL ends in a secret that only holders of the assertion key can compute.
 */
export function hiddenCache(cache: CacheApi, mac: Mac): CacheApi {
  let secret: string | undefined
  const hidden = async (url: string): Promise<string> => {
    secret ??= await mac('urls')
    return `${url}/${secret}`
  }
  return {
    match: async (url) => cache.match(await hidden(url)),
    put: async (url, response) => cache.put(await hidden(url), response),
  }
}
