import type { Reply } from './cache-call.ts'

/** A body read to its end, or one over the limit, to be streamed on. */
export type ReadBody =
  | { readonly kind: 'complete'; readonly bytes: Uint8Array<ArrayBuffer> | null }
  | { readonly kind: 'larger'; readonly stream: ReadableStream<Uint8Array> }

/**
 * Reads a body as long as it fits. Rejects when it breaks off: an incomplete answer is not stored (RFC 9111 §3.3).
 */
export async function readBoundedBody(response: Reply, bytesMax: number): Promise<ReadBody> {
  const declared = response.headers.get('content-length')
  const declaredBytes = declared !== null && /^\d+$/.test(declared) ? Number(declared) : 0
  // A declared length is that of the encoded body. The decoded body may be larger, so it is counted while it is read.
  if (declaredBytes > 0 && declaredBytes <= bytesMax && !response.headers.has('content-encoding')) {
    // perf: `body` would create a stream, at four times the cost of reading it whole.
    const bytes = new Uint8Array(await response.arrayBuffer())
    // An answer to HEAD, or a 304, declares the length of another answer.
    return { kind: 'complete', bytes: bytes.byteLength > 0 ? bytes : null }
  }
  const { body } = response
  if (body === null) return { kind: 'complete', bytes: null }
  if (declaredBytes > bytesMax) return { kind: 'larger', stream: body }
  const reader = body.getReader()
  const reading = readUpTo(reader, bytesMax)
  try {
    return await (response.within?.(reading) ?? reading)
  } catch (error) {
    reader.cancel().catch(() => undefined)
    throw error
  }
}

async function readUpTo(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<ReadBody> {
  const chunks: Uint8Array[] = []
  let length = 0
  while (true) {
    const { done, value } = await reader.read()
    if (done) return { kind: 'complete', bytes: joined(chunks, length) }
    chunks.push(value)
    length += value.byteLength
    if (length > bytesMax) return { kind: 'larger', stream: resumed(chunks, reader) }
  }
}

/** The answer with another body. */
export const withBody = (
  { status, statusText, headers }: Reply,
  body: ReadableStream<Uint8Array>,
): Reply => ({ status, statusText, headers, body, arrayBuffer: () => new Response(body).arrayBuffer() })

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

/** The chunks already read, then the rest of the stream. */
function resumed(
  chunks: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  const waiting = [...chunks]
  return new ReadableStream({
    async pull(controller) {
      const chunk = waiting.shift()
      if (chunk !== undefined) return controller.enqueue(chunk)
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
