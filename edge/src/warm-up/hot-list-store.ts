import type { CacheApi } from '../cache/index.ts'
import { formatList, parseList, type StoredList } from './hot-list.ts'

/** Keeps the list that the isolates of a data centre share. */
export interface HotListStore {
  /** @throws {unknown} when it cannot be told in time whether there is a list */
  read(): Promise<StoredList | undefined>
  write(list: StoredList): Promise<void>
}

/** Life of a list that nobody renews, in seconds: a night without readers does not end it. */
const keepSeconds = 86_400

/**
 * The list as one entry of the Cache API. Its key names no release, so that a new one finds the list of the old one;
 * the number is that of the format.
 *
 * @param base absolute URL ending in `/`
 */
export function hotListStore(cache: CacheApi, base: string): HotListStore {
  const url = `${base}hot-targets.1`
  return {
    async read() {
      const found = await cache.match(url)
      return found === undefined ? undefined : parseList(await found.text())
    },
    async write(list) {
      const headers = {
        'content-type': 'application/json',
        'cache-control': `public, max-age=${keepSeconds}`,
      }
      await cache.put(url, new Response(formatList(list), { headers }))
    },
  }
}
