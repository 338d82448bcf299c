import type { StoredRecord } from './stored-record.ts'

/** Keeps records under keys, forgets them when it likes, and never fails: a store that cannot answer has nothing. */
export interface CacheStore {
  get(key: string): StoredRecord | undefined | Promise<StoredRecord | undefined>
  /** @param keepSeconds how long the record may be of any use */
  put(key: string, record: StoredRecord, keepSeconds: number): void | Promise<void>
}
