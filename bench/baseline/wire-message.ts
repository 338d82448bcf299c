const headerBytes = 16
const opMessage = 2013

/**
 * Cuts a stream of MongoDB's wire protocol into messages: each begins with its length, a little-endian int32 (MongoDB
 * manual, "Wire Protocol", Standard Message Header).
 */
export class MessageCutter {
  #rest: Buffer = Buffer.alloc(0)

  /** @returns the messages that this chunk completes */
  push(chunk: Buffer): readonly Buffer[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    while (rest.length >= headerBytes) {
      const length = rest.readInt32LE(0)
      if (length < headerBytes || rest.length < length) break
      messages.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    this.#rest = rest
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
