import type { EndMark, StoredAnswer, StoredRecord, VariantIndex } from './stored-record.ts'

/**
 * A record as bytes: the length of the description as 32 bits, big endian, the description as JSON, then the body
 * unchanged. Inside one opaque body, no platform acts on the answer's own `Vary`, `Set-Cookie` or `Cache-Control`.
 */
const version = 2
const lengthBytes = 4

type Described = VariantIndex | EndMark | (Omit<StoredAnswer, 'body'> & { readonly hasBody: boolean })

export function encodeRecord(record: StoredRecord): Uint8Array<ArrayBuffer> {
  const body = record.kind === 'answer' ? record.body : null
  const description = new TextEncoder().encode(JSON.stringify([version, describe(record)]))
  const bytes = new Uint8Array(lengthBytes + description.byteLength + (body?.byteLength ?? 0))
  new DataView(bytes.buffer).setUint32(0, description.byteLength)
  bytes.set(description, lengthBytes)
  if (body !== null) bytes.set(body, lengthBytes + description.byteLength)
  return bytes
}

/** Copies only stored members: an answer in memory has more, all derived from these. */
function describe(record: StoredRecord): Described {
  if (record.kind === 'ended') return { kind: 'ended' }
  if (record.kind === 'variants') return { kind: 'variants', names: record.names }
  const { kind, status, headers, requestedAtMs, receivedAtMs, tags, stampIds, body } = record
  const described = { kind, status, headers, requestedAtMs, receivedAtMs, tags, hasBody: body !== null }
  return stampIds === undefined ? described : { ...described, stampIds }
}

/** @returns `undefined` for bytes in another format: other versions of the Worker may share the store */
export function decodeRecord(bytes: Uint8Array<ArrayBuffer>): StoredRecord | undefined {
  if (bytes.byteLength < lengthBytes) return undefined
  const bodyStart = lengthBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  if (bytes.byteLength < bodyStart) return undefined
  try {
    const text = new TextDecoder().decode(bytes.subarray(lengthBytes, bodyStart))
    // The cast: the version number guarantees that this codec wrote the record.
    const [written, described] = JSON.parse(text) as [number, Described]
    if (written !== version) return undefined
    if (described.kind !== 'answer') return described
    const { hasBody, ...answer } = described
    return { ...answer, body: hasBody ? bytes.subarray(bodyStart) : null }
  } catch {
    return undefined
  }
}
