import { BSON, type Document } from 'mongodb'

const headerBytes = 16
const opMessage = 2013

/**
 * Cuts a stream of MongoDB's wire protocol into messages: each begins with its length, a little-endian int32 (MongoDB
 * manual, "Wire Protocol", Standard Message Header).
 */
export class MessageCutter {
  #chunks: Buffer[] = []
  #bytes = 0
  /** Bytes of the message that has begun, as far as they are known. */
  #wanted = headerBytes

  /** @returns the messages that this chunk completes */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    // Joined once a message is whole: a large one comes in hundreds of chunks.
    if (this.#bytes < this.#wanted) return []
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const messages: Buffer[] = []
    this.#wanted = headerBytes
    while (rest.length >= headerBytes) {
      const length = rest.readInt32LE(0)
      this.#wanted = Math.max(length, headerBytes)
      if (length < headerBytes || rest.length < length) break
      messages.push(rest.subarray(0, length))
      rest = rest.subarray(length)
      this.#wanted = headerBytes
    }
    this.#chunks = [rest]
    this.#bytes = rest.length
    return messages
  }
}

/**
 * Name of the command in an OP_MSG, which is the first field of its body section, or `undefined` for another message:
 * header, flags (4 bytes), kind of section (1, 0 for the body), length of the document (4), type of the field (1), name.
 */
export function commandName(message: Buffer): string | undefined {
  if (message.length < 28 || message.readInt32LE(12) !== opMessage || message[20] !== 0) return undefined
  const end = message.indexOf(0, 26)
  return end === -1 ? undefined : message.toString('latin1', 26, end)
}

const opQuery = 2004
const opReply = 1

/** A request, decoded. */
export interface WireRequest {
  readonly id: number
  readonly command: Document
  /** Further members of the command, which stand behind its body: `updates` or `deletes`. `documents` are left out. */
  readonly items: readonly (readonly [string, Document[]])[]
}

const documentAt = (message: Buffer, offset: number): readonly [Document, end: number] => {
  const end = offset + message.readInt32LE(offset)
  return [BSON.deserialize(message.subarray(offset, end)), end]
}

/** @returns `undefined` for a message of another kind */
export function decodeRequest(message: Buffer): WireRequest | undefined {
  const id = message.readInt32LE(4)
  const kind = message.readInt32LE(12)
  if (kind === opQuery) {
    // Flags, then the collection's name, then two numbers, then the query, which is the command.
    const nameEnd = message.indexOf(0, headerBytes + 4)
    return { id, command: documentAt(message, nameEnd + 9)[0], items: [] }
  }
  if (kind !== opMessage) return undefined
  let offset = headerBytes + 4
  let command: Document = {}
  const items: (readonly [string, Document[]])[] = []
  while (offset < message.length) {
    if (message[offset] === 0) {
      const [body, end] = documentAt(message, offset + 1)
      command = body
      offset = end
      continue
    }
    const sectionEnd = offset + 1 + message.readInt32LE(offset + 1)
    const nameEnd = message.indexOf(0, offset + 5)
    const name = message.toString('utf8', offset + 5, nameEnd)
    const documents: Document[] = []
    for (let at = nameEnd + 1; at < sectionEnd && name !== 'documents'; ) {
      const [document, end] = documentAt(message, at)
      documents.push(document)
      at = end
    }
    items.push([name, documents])
    offset = sectionEnd
  }
  return { id, command, items }
}

/** Id of the request that a reply answers. */
export const answeredBy = (reply: Buffer): number => reply.readInt32LE(8)

/** Content of a reply, which is one document. */
export const decodeReply = (reply: Buffer): Document =>
  documentAt(reply, reply.readInt32LE(12) === opReply ? headerBytes + 20 : headerBytes + 5)[0]

/** Id of the cursor in a reply, read without its documents; 0 if it has none. */
export function cursorIdIn(reply: Buffer): bigint {
  const cursor = memberAt(reply, headerBytes + 5, 'cursor')
  const id = cursor && memberAt(reply, cursor, 'id')
  return id === undefined ? 0n : reply.readBigInt64LE(id)
}

/** Offset of the value of a document's member (bsonspec.org). */
function memberAt(buffer: Buffer, start: number, wanted: string): number | undefined {
  const end = start + buffer.readInt32LE(start) - 1
  for (let at = start + 4; at < end; ) {
    const nameEnd = buffer.indexOf(0, at + 1)
    const value = nameEnd + 1
    if (buffer.toString('latin1', at + 1, nameEnd) === wanted) return value
    // The cast is safe: a member starts with the byte of its type.
    at = value + sizeOf(buffer[at] as number, buffer, value)
  }
  return undefined
}

/** Sizes of values by their type; the others begin with their size. */
const fixedSizes: Readonly<Record<number, number>> = {
  1: 8,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
}

function sizeOf(type: number, buffer: Buffer, value: number): number {
  const fixed = fixedSizes[type]
  if (fixed !== undefined) return fixed
  const length = buffer.readInt32LE(value)
  // The size of a document counts itself; that of a string or of bytes does not.
  if (type === 3 || type === 4) return length
  return type === 5 ? length + 5 : length + 4
}

/** A reply with another content. */
export function withContent(reply: Buffer, content: Document): Buffer {
  const bodyAt = reply.readInt32LE(12) === opReply ? headerBytes + 20 : headerBytes + 5
  const message = Buffer.concat([reply.subarray(0, bodyAt), BSON.serialize(content)])
  message.writeInt32LE(message.length, 0)
  return message
}

/** A reply of our own to a request. */
export function encodeReply(answered: number, content: Document): Buffer {
  const head = Buffer.alloc(headerBytes + 5)
  head.writeInt32LE(answered, 8)
  head.writeInt32LE(opMessage, 12)
  return withContent(head, content)
}
