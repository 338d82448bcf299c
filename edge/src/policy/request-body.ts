import { limits } from '@spillway/origin/contract'

/** What the header says of a body's size, before any of it is read. */
export function declaredSize(contentLength: string | null): 'none' | 'fits' | 'too-large' | 'unknown' {
  if (contentLength === null) return 'unknown'
  if (!/^\d{1,15}$/.test(contentLength)) return 'too-large'
  const bytes = Number(contentLength)
  if (bytes === 0) return 'none'
  return bytes <= limits.bodyBytesMax ? 'fits' : 'too-large'
}

/**
 * A request body on its way to the origin: streamed, counted, and remembered as it passes, so that a repeatable
 * request can be sent again without the client's help. What is remembered is bounded by the limit on bodies.
 */
export class RequestBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #sent: Uint8Array[] = []
  #bytes = 0
  #isOver = false

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader()
  }

  /** Whether the client sent more than is allowed: the stream was broken off there. */
  get isTooLarge(): boolean {
    return this.#isOver
  }

  /** The body from its start. One at a time: a second call takes over from the first. */
  stream(): ReadableStream<Uint8Array> {
    let index = 0
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = this.#sent[index] ?? (await this.#next())
        if (chunk === undefined) return controller.close()
        index += 1
        controller.enqueue(chunk)
      },
    })
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined)
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read()
    if (done) return undefined
    this.#bytes += value.byteLength
    if (this.#bytes > limits.bodyBytesMax) {
      this.#isOver = true
      await this.cancel()
      throw new RangeError('request body over the limit')
    }
    this.#sent.push(value)
    return value
  }
}
