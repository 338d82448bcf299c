import { SieveMap } from '../../lib/sieve-map.ts'
import type { CacheStore } from './cache-store.ts'
import { recordBytes, type StoredRecord } from './stored-record.ts'

export interface MemoryStoreOptions {
  /** Maximum size of all records. An isolate has 128 MB in total. */
  readonly bytesMax: number
  readonly countMax: number
}

/** Store of one isolate: bounded, synchronous, with immediate purge by tag. Returns records uncopied. */
export class MemoryStore implements CacheStore {
  readonly #records: SieveMap<StoredRecord>
  readonly #keysByTag = new Map<string, Set<string>>()

  constructor(options: MemoryStoreOptions) {
    this.#records = new SieveMap({
      ...options,
      bytesOf: recordBytes,
      onLeave: (key, record) => this.#unindex(key, record),
    })
  }

  get size(): number {
    return this.#records.size
  }

  get bytes(): number {
    return this.#records.bytes
  }

  get(key: string): StoredRecord | undefined {
    return this.#records.get(key)
  }

  put(key: string, record: StoredRecord): void {
    this.#records.set(key, record)
    if (record.kind !== 'answer' || this.#records.get(key) !== record) return
    for (const tag of record.tags) {
      const keys = this.#keysByTag.get(tag)
      if (keys === undefined) this.#keysByTag.set(tag, new Set([key]))
      else keys.add(key)
    }
  }

  delete(key: string): void {
    this.#records.delete(key)
  }

  /** @returns the number of dropped records */
  dropTag(tag: string): number {
    const keys = this.#keysByTag.get(tag)
    if (keys === undefined) return 0
    const dropped = keys.size
    for (const key of [...keys]) this.#records.delete(key)
    return dropped
  }

  /** Records with this tag. */
  withTag(tag: string): StoredRecord[] {
    return [...(this.#keysByTag.get(tag) ?? [])].flatMap((key) => this.#records.peek(key) ?? [])
  }

  #unindex(key: string, record: StoredRecord): void {
    if (record.kind !== 'answer') return
    for (const tag of record.tags) {
      const keys = this.#keysByTag.get(tag)
      keys?.delete(key)
      if (keys?.size === 0) this.#keysByTag.delete(tag)
    }
  }
}
