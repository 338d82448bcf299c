import type { CacheApi } from './workers-cache-store.ts'

/** The Cache API usually answers within 10 ms. A read may need several look-ups, within one second for all of them. */
export const matchWaitMs = 150

/** A look-up that took too long. It does not tell whether the key is stored. */
export class LateLookUp extends Error {
  override readonly name = 'LateLookUp'
}

/**
 * The Cache API with a timeout: a look-up not fully read within {@link matchWaitMs} rejects, which distinguishes late
 * from absent. Writes have no timeout.
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
