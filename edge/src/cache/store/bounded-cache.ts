import type { CacheApi } from './workers-cache-store.ts'

/** The data centre's cache mostly answers within 10 ms. A read may need several look-ups, and has a second for all. */
export const matchWaitMs = 150

/** A look-up that took too long. It says nothing about what is stored. */
export class LateLookUp extends Error {
  override readonly name = 'LateLookUp'
}

/**
 * The data centre's cache for those who have little time: a look-up that has not brought all by then, to the last byte,
 * is rejected, so that late is told from absent. To put something there takes as long as it takes.
 */
export function boundedCache(cache: CacheApi): CacheApi {
  return {
    match: (url) => inTime(whole(cache, url)),
    put: (url, response) => cache.put(url, response),
  }
}

async function whole(cache: CacheApi, url: string): Promise<Response | undefined> {
  const found = await cache.match(url)
  return found === undefined ? undefined : new Response(await found.arrayBuffer())
}

async function inTime<T>(lookUp: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateLookUp()), matchWaitMs)
  })
  try {
    return await Promise.race([lookUp, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
