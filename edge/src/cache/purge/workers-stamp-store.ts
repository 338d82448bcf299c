import type { CacheApi } from '../store/workers-cache-store.ts'
import { groupTag, type Stamp, type StampName, type StampRead, type StampStore } from './stamp.ts'

/** Stamps in the Workers Cache API: tiny objects. The zone's purge removes the `known` ones. */
export class WorkersStampStore implements StampStore {
  readonly #cache: CacheApi
  readonly #base: string
  readonly #keepSeconds: number

  /**
   * @param base absolute URL ending in `/`, distinct from that of the records
   * @param keepSeconds longer than the life of any record; otherwise an old record could outlive the stamp that
   *   condemns it
   */
  constructor(cache: CacheApi, base: string, keepSeconds: number) {
    this.#cache = cache
    this.#base = base
    this.#keepSeconds = keepSeconds
  }

  async read(name: StampName, tag: string): Promise<StampRead> {
    try {
      const response = await this.#cache.match(this.#url(name, tag))
      if (response === undefined) return absent
      const stamp = parseStamp(await response.text())
      return stamp === undefined ? absent : { kind: 'found', stamp }
    } catch {
      return unknown
    }
  }

  async write(name: StampName, tag: string, { id, atMs }: Stamp): Promise<boolean> {
    const headers = new Headers({ 'cache-control': `public, max-age=${this.#keepSeconds}` })
    if (name === 'known') headers.set('cache-tag', `${tag},${groupTag(tag)}`)
    try {
      await this.#cache.put(this.#url(name, tag), new Response(`${atMs} ${id}`, { headers }))
      return true
    } catch {
      // The purge then holds only in this isolate; elsewhere answers stay until they expire.
      return false
    }
  }

  #url(name: StampName, tag: string): string {
    return `${this.#base}${name}/${encodeURIComponent(tag)}`
  }
}

const absent: StampRead = { kind: 'absent' }
const unknown: StampRead = { kind: 'unknown' }

function parseStamp(text: string): Stamp | undefined {
  const [atMs, id] = text.split(' ')
  return id === undefined || !Number.isFinite(Number(atMs)) ? undefined : { id, atMs: Number(atMs) }
}
