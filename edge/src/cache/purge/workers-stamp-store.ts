import type { CacheApi } from '../store/workers-cache-store.ts'
import type { StampStore } from './tag-stamps.ts'

/** Stamps in the Workers Cache API: one tiny object per tag, itself tagged so that the zone's purge removes it. */
export class WorkersStampStore implements StampStore {
  readonly #cache: CacheApi
  readonly #base: string
  readonly #keepSeconds: number

  /**
   * @param base absolute URL ending in `/`, apart from that of the records
   * @param keepSeconds longer than any record is kept, or an old record could outlive the stamp that condemns it
   */
  constructor(cache: CacheApi, base: string, keepSeconds: number) {
    this.#cache = cache
    this.#base = base
    this.#keepSeconds = keepSeconds
  }

  async read(tag: string): Promise<number | undefined> {
    try {
      const response = await this.#cache.match(this.#url(tag))
      const stampMs = response === undefined ? Number.NaN : Number(await response.text())
      return Number.isFinite(stampMs) ? stampMs : undefined
    } catch {
      return undefined
    }
  }

  async write(tag: string, stampMs: number): Promise<void> {
    const headers = { 'cache-control': `public, max-age=${this.#keepSeconds}`, 'cache-tag': tag }
    try {
      await this.#cache.put(this.#url(tag), new Response(String(stampMs), { headers }))
    } catch {
      // The purge then holds in this isolate, and elsewhere until the answers' lifetime ends.
    }
  }

  #url(tag: string): string {
    return this.#base + encodeURIComponent(tag)
  }
}
