import { limits } from '@spillway/origin/contract'

/** Whether the header alone says that a body is too large (RFC 9110 §8.6); one without a length is counted as it comes. */
export const declaresTooMuch = (contentLength: string | null): boolean =>
  contentLength !== null && !(Number(contentLength) <= limits.bodyBytesMax)

/**
 * A request body on its way to the origin: streamed, counted, and remembered as it passes, so that a repeatable
 * request can be sent again without the client's help. What is remembered is bounded by the limit on bodies.
 */
export class RequestBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #sent: Uint8Array[] = []
  #bytes = 0
  #isOver = false
  #isComplete = false

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader()
  }

  /** Whether the client sent more than is allowed: the stream was broken off there. */
  get isTooLarge(): boolean {
    return this.#isOver
  }

  /** Whether the client has sent all of it: until then, waiting is not the origin's fault. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * The body from its start. One at a time: a second call takes over from the first.
   *
   * @param abort breaks the request off. Called where the body ends before its end: the runtime takes a stream that
   *   fails for one that is complete (seen with workerd 2026-11-02), and the origin must never take half a body for whole
   */
  stream(abort: () => void): ReadableStream<Uint8Array> {
    let index = 0
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const chunk = this.#sent[index] ?? (await this.#next())
          if (chunk === undefined) return controller.close()
          index += 1
          controller.enqueue(chunk)
        } catch {
          abort()
          await new Promise<never>(() => {})
        }
      },
    })
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read()
    if (done) {
      this.#isComplete = true
      return undefined
    }
    this.#bytes += value.byteLength
    if (this.#bytes > limits.bodyBytesMax) {
      this.#isOver = true
      throw new RangeError('request body over the limit')
    }
    this.#sent.push(value)
    return value
  }
}
