import type { CacheApi } from '../cache/index.ts'
import { inTime } from './in-time.ts'

/** The data centre's cache mostly answers within 10 ms. A read may need several look-ups, and has a second for all. */
export const matchWaitMs = 150

/**
 * The data centre's cache for those who have little time: what it has not brought by then, to the last byte, it does not
 * have. To put something there takes as long as it takes, since nobody who is to be answered waits for that alone.
 */
export function boundedCache(cache: CacheApi): CacheApi {
  return {
    match: (url) => inTime(whole(cache, url), matchWaitMs),
    put: (url, response) => cache.put(url, response),
  }
}

async function whole(cache: CacheApi, url: string): Promise<Response | undefined> {
  const found = await cache.match(url)
  return found === undefined ? undefined : new Response(await found.arrayBuffer())
}
