/**
 * Cap'n Proto as far as a connector's registration needs it: messages of one segment, of which `cloudflared` sends no
 * others here, with the layout of capnproto.org/encoding.html and rpc.capnp. A word has 8 bytes.
 */

const wordBytes = 8
/** Largest message, bytes: a registration has a few hundred. */
const messageBytesMax = 65_536

export interface Frames {
  /** Segments of complete messages. */
  readonly segments: readonly Buffer[]
  /** Start of a message whose end has not arrived yet. */
  readonly rest: Buffer
}

/**
 * Splits a stream into messages (encoding.html, "Serialization Over a Stream").
 *
 * @throws RangeError for a message of several segments, or of more than 64 KB
 */
export function takeFrames(bytes: Buffer): Frames {
  const segments: Buffer[] = []
  let at = 0
  while (bytes.length - at >= wordBytes) {
    const segmentsMore = bytes.readUInt32LE(at)
    const length = bytes.readUInt32LE(at + 4) * wordBytes
    if (segmentsMore !== 0) throw new RangeError(`a message of ${segmentsMore + 1} segments`)
    if (length > messageBytesMax) throw new RangeError(`a message of ${length} bytes`)
    const from = at + wordBytes
    if (bytes.length < from + length) break
    segments.push(bytes.subarray(from, from + length))
    at = from + length
  }
  return { segments, rest: bytes.subarray(at) }
}

/** A message of rpc.capnp, reduced to what decides its answer. */
export type Asked =
  | { readonly kind: 'bootstrap'; readonly questionId: number }
  | { readonly kind: 'call'; readonly questionId: number; readonly method: number }
  | { readonly kind: 'other' }

/** Discriminants of `Message` in rpc.capnp. */
const [callTag, bootstrapTag] = [2, 8]

/** @throws RangeError for a segment that ends too early */
export function readMessage(segment: Buffer): Asked {
  const message = structAt(segment, 0)
  const tag = segment.readUInt16LE(message.data)
  if (tag !== callTag && tag !== bootstrapTag) return { kind: 'other' }
  const { data } = structAt(segment, message.pointers)
  const questionId = segment.readUInt32LE(data)
  if (tag === bootstrapTag) return { kind: 'bootstrap', questionId }
  return { kind: 'call', questionId, method: segment.readUInt16LE(data + 4) }
}

/** Places of a struct's data and pointers, in bytes from the start of the segment. */
function structAt(segment: Buffer, pointer: number) {
  const offsetWords = segment.readInt32LE(pointer) >> 2
  const data = pointer + wordBytes * (1 + offsetWords)
  return { data, pointers: data + segment.readUInt16LE(pointer + 4) * wordBytes }
}

/** Answer to `Bootstrap`: the server's only capability, with the export id 0. */
export const capability = (questionId: number): Buffer =>
  returned(questionId, [
    capabilityPointer(0),
    listOfStructs(0, 2),
    structPointer(1, 1, 1),
    senderHosted(0),
    0n,
  ])

/**
 * Answer to `registerConnection` (tunnelrpc.capnp): `connectionDetails` of a tunnel that is managed remotely, so that
 * the connector does not send its configuration.
 *
 * @param uuid id of the connection, 16 bytes
 */
export function registered(questionId: number, uuid: Buffer): Buffer {
  if (uuid.length !== 16) throw new RangeError('a UUID has 16 bytes')
  return returned(questionId, [
    structPointer(1, 0, 1),
    0n,
    structPointer(0, 1, 1),
    1n, // ConnectionResponse: its union holds `connectionDetails`
    structPointer(0, 1, 2),
    1n, // tunnelIsRemotelyManaged
    byteList(1, uuid.length),
    byteList(2, 'LOCAL'.length + 1),
    uuid.readBigUInt64LE(0),
    uuid.readBigUInt64LE(8),
    location.readBigUInt64LE(0),
  ])
}

/** Answer to a method without results, e.g. `unregisterConnection`. */
export const done = (questionId: number): Buffer => returned(questionId, [0n, 0n])

/** Name of the data centre with its NUL, filled up to a word. */
const location = Buffer.from('LOCAL\0\0\0', 'latin1')

/**
 * `Return` of rpc.capnp with results, framed.
 *
 * @param payload words of the content's pointer, of the capability table's pointer, and of what they point to
 */
function returned(questionId: number, payload: readonly bigint[]): Buffer {
  const words = [
    structPointer(0, 1, 1),
    3n, // Message: its union holds `return`
    structPointer(0, 2, 1),
    BigInt(questionId), // its union holds `results`, which is 0
    0n,
    structPointer(0, 0, 2),
    ...payload,
  ]
  const bytes = Buffer.alloc((1 + words.length) * wordBytes)
  bytes.writeUInt32LE(words.length, 4)
  for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(word, (1 + index) * wordBytes)
  return bytes
}

/** @param offset words between the pointer and the struct */
const structPointer = (offset: number, dataWords: number, pointers: number): bigint =>
  (BigInt(offset) << 2n) | (BigInt(dataWords) << 32n) | (BigInt(pointers) << 48n)

const byteList = (offset: number, count: number): bigint =>
  1n | (BigInt(offset) << 2n) | (2n << 32n) | (BigInt(count) << 35n)

const listOfStructs = (offset: number, words: number): bigint =>
  1n | (BigInt(offset) << 2n) | (7n << 32n) | (BigInt(words) << 35n)

const capabilityPointer = (index: number): bigint => 3n | (BigInt(index) << 32n)

/** `CapDescriptor` of rpc.capnp whose union holds `senderHosted`. */
const senderHosted = (exportId: number): bigint => 1n | (BigInt(exportId) << 32n)
