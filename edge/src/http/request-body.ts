import { limits } from '@spillway/origin/contract'

/** Whether the header alone says that a body is too large (RFC 9110 §8.6); one without a length is counted as it comes. */
export const declaresTooMuch = (contentLength: string | null): boolean =>
  contentLength !== null && !(Number(contentLength) <= limits.bodyBytesMax)

/** A body that announces no more than this is taken in before it is passed on: it mostly comes with its header. */
const shortBytesMax = 16_384

/** Whether a body says that it is short: as a whole it costs a tenth of the CPU that a stream of one piece does. */
export const isShort = (contentLength: string | null): boolean =>
  contentLength !== null && Number(contentLength) <= shortBytesMax

/**
 * A request body on its way to the origin: streamed, counted, and remembered as it passes, so that a repeatable
 * request can be sent again without the client's help. It is remembered in one piece, within the limit on bodies: kept
 * as it arrives, a body of single bytes would weigh a thousand times what it says.
 */
export class RequestBody {
  readonly #stream: ReadableStream<Uint8Array>
  readonly #takeWhole: (() => Promise<ArrayBuffer>) | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #held = nothing
  #length = 0
  #isOver = false
  #isComplete = false

  /** @param takeWhole takes all of `stream` at once: for a body that {@link isShort}, which costs a third of reading it */
  constructor(stream: ReadableStream<Uint8Array>, takeWhole?: () => Promise<ArrayBuffer>) {
    this.#stream = stream
    this.#takeWhole = takeWhole
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
   * Takes all of it in, ahead of {@link stream}.
   *
   * @throws {unknown} where the client breaks off or sends too much
   */
  async readWhole(): Promise<void> {
    if (this.#takeWhole === undefined) {
      while (!this.#isComplete) await this.#read()
      return
    }
    const whole = new Uint8Array(await this.#takeWhole())
    if (whole.byteLength > limits.bodyBytesMax) this.#refuse()
    this.#held = whole
    this.#length = whole.byteLength
    this.#isComplete = true
  }

  /** All of it, once it {@link isComplete}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#held.subarray(0, this.#length)
  }

  /** Reads no more of what the client sends; what is taken whole comes to its end, or to the client's. */
  cancel(): void {
    const cancelled = this.#reader?.cancel() ?? this.#stream.cancel()
    cancelled.catch(() => undefined)
  }

  /**
   * The body from its start. One at a time: a second call takes over from the first.
   *
   * @param abort breaks the request off. Called where the body ends before its end: the runtime takes a stream that
   *   fails for one that is complete (seen with workerd 2026-11-02), and the origin must never take half a body for whole
   */
  stream(abort: () => void): ReadableStream<Uint8Array> {
    let sent = 0
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          while (sent === this.#length && !this.#isComplete) await this.#read()
          if (sent === this.#length) return controller.close()
          // A copy: what is sent may be taken from us, and must be here to be sent again.
          controller.enqueue(this.#held.slice(sent, this.#length))
          sent = this.#length
        } catch {
          abort()
          await new Promise<never>(() => {})
        }
      },
    })
  }

  #refuse(): never {
    this.#isOver = true
    throw new RangeError('request body over the limit')
  }

  async #read(): Promise<void> {
    this.#reader ??= this.#stream.getReader()
    const { done, value } = await this.#reader.read()
    if (done) {
      this.#isComplete = true
      return
    }
    const length = this.#length + value.byteLength
    if (length > limits.bodyBytesMax) this.#refuse()
    if (length > this.#held.byteLength) {
      const larger = new Uint8Array(
        Math.min(limits.bodyBytesMax, Math.max(length, heldBytesMin, this.#held.byteLength * 2)),
      )
      larger.set(this.#held.subarray(0, this.#length))
      this.#held = larger
    }
    this.#held.set(value, this.#length)
    this.#length = length
  }
}

const nothing = new Uint8Array(0)
const heldBytesMin = 1_024
