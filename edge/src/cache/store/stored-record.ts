/** Header fields of an answer; repeated fields as repeated pairs. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** A stored answer: plain data, so that it can be serialized, shared between isolates and measured in bytes. */
export interface StoredAnswer {
  readonly kind: 'answer'
  readonly status: number
  /** As received, without fields that may not be stored (RFC 9111 §3.1, §5.2.2.4, §5.2.2.7). */
  readonly headers: Fields
  /** `null` where the status has no body (RFC 9110 §6.4.1). */
  readonly body: Uint8Array<ArrayBuffer> | null
  /** Time at which the origin was asked, to compare with purges and the reader's own writes. Epoch milliseconds. */
  readonly requestedAtMs: number
  readonly receivedAtMs: number
  readonly tags: readonly string[]
  /** Per tag, the purge stamps from before the fetch; `null` if unknown. */
  readonly stampIds?: readonly (string | null)[]
  /** The isolate's turn in which the origin was asked, from which `stampIds` follow. Meaningless in other isolates. */
  readonly turn?: number
}

/** Stored under the primary key of answers with `Vary`: the field names of their secondary keys. */
export interface VariantIndex {
  readonly kind: 'variants'
  readonly names: readonly string[]
}

/** Replaces an ended answer for a moment, when the origin's newer answer must not be stored. */
export interface EndMark {
  readonly kind: 'ended'
}

export type StoredRecord = StoredAnswer | VariantIndex | EndMark

/**
 * Bytes of a record in memory, as V8 measures an entry that has been served: the record with its key, policy and map
 * slot; each header field twice, as stored and as sent; each tag with its index slot. Strings count as two one-byte
 * copies. Measured 3.8 kB for 8 fields, 2 tags and a 200-byte body.
 */
const answerBytes = 1_100
const fieldBytes = 160
const tagBytes = 240

export function recordBytes(key: string, record: StoredRecord): number {
  let bytes = answerBytes + key.length * 2
  if (record.kind === 'ended') return bytes
  if (record.kind === 'variants') return bytes + record.names.join().length * 2
  for (const [name, value] of record.headers) bytes += (name.length + value.length) * 2 + fieldBytes
  for (const tag of record.tags) bytes += tag.length * 2 + tagBytes
  return bytes + (record.body?.byteLength ?? 0)
}
