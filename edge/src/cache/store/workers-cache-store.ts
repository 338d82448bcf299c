import type { CacheStore } from './cache-store.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import type { StoredRecord } from './stored-record.ts'

/** The methods of the Workers Cache API that this store uses. */
export interface CacheApi {
  match(request: string): Promise<Response | undefined>
  put(request: string, response: Response): Promise<void>
}

/**
 * The store shared by the isolates of one data centre, on the Workers Cache API. That API ignores `Vary` and
 * `stale-while-revalidate`, refuses `Set-Cookie` and 206, and handles conditional and range requests in its own way. So
 * it only ever sees plain URLs and one opaque 200 per record, whose `max-age` is the record's useful life.
 */
export class WorkersCacheStore implements CacheStore {
  readonly #cache: CacheApi
  readonly #base: string
  readonly #isTagged: boolean

  /**
   * @param base absolute URL ending in `/`
   * @param isTagged whether the zone's purge by tag removes the records themselves, on a host of the zone. Where their
   *   stamps are tagged they are condemned without it, and can still be validated. @default true
   */
  constructor(cache: CacheApi, base: string, { isTagged = true }: { readonly isTagged?: boolean } = {}) {
    this.#cache = cache
    this.#base = base
    this.#isTagged = isTagged
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    try {
      const response = await this.#cache.match(this.#url(key))
      if (response === undefined) return undefined
      return decodeRecord(new Uint8Array(await response.arrayBuffer()))
    } catch {
      return undefined
    }
  }

  async put(key: string, record: StoredRecord, keepSeconds: number): Promise<void> {
    try {
      const headers = new Headers({
        'content-type': 'application/octet-stream',
        'cache-control': `public, max-age=${Math.max(1, Math.ceil(keepSeconds))}`,
      })
      if (this.#isTagged && record.kind === 'answer' && record.tags.length > 0)
        headers.set('cache-tag', record.tags.join(','))
      await this.#cache.put(this.#url(key), new Response(encodeRecord(record), { headers }))
    } catch {
      // A full store, or one over its subrequest limit, costs the next reader a miss and fails no answer.
    }
  }

  #url(key: string): string {
    return this.#base + encodeURIComponent(key)
  }
}
