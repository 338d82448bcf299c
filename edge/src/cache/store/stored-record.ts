/** Fields of an answer; repeated ones as repeated pairs. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** What lies in a store: plain data, so that it can be written out, shared between isolates and counted in bytes. */
export interface StoredAnswer {
  readonly kind: 'answer'
  readonly status: number
  /** As received, less what may not be stored (RFC 9111 §3.1, §5.2.2.4, §5.2.2.7). */
  readonly headers: Fields
  /** `null` where the status has no body (RFC 9110 §6.4.1). */
  readonly body: Uint8Array<ArrayBuffer> | null
  /** When the origin was asked: what a purge or a reader's own write is compared with. Epoch milliseconds. */
  readonly requestedAtMs: number
  readonly receivedAtMs: number
  readonly tags: readonly string[]
}

/** Lies under the primary key of answers with `Vary`: the names by which their secondary keys are built. */
export interface VariantIndex {
  readonly kind: 'variants'
  readonly names: readonly string[]
}

/** Lies where an answer lay, for a moment, when the origin's next answer must not be stored: there is nothing more. */
export interface EndMark {
  readonly kind: 'ended'
}

export type StoredRecord = StoredAnswer | VariantIndex | EndMark

/** About what a record takes up in memory; objects and map nodes are counted as a flat sum. */
export function recordBytes(key: string, record: StoredRecord): number {
  let bytes = 512 + key.length * 2
  if (record.kind === 'ended') return bytes
  if (record.kind === 'variants') return bytes + record.names.join().length * 2
  for (const [name, value] of record.headers) bytes += (name.length + value.length) * 2 + 64
  for (const tag of record.tags) bytes += tag.length * 2 + 64
  return bytes + (record.body?.byteLength ?? 0)
}
