import type { StoredRecord } from './stored-record.ts'

/** Keeps records under keys, may drop them at any time, and never fails: a broken store is an empty one. */
export interface CacheStore {
  get(key: string): StoredRecord | undefined | Promise<StoredRecord | undefined>
  /** @param keepSeconds maximum useful life of the record */
  put(key: string, record: StoredRecord, keepSeconds: number): void | Promise<void>
}
