import { FieldMap } from '../lib/field-map.ts'

/**
 * An origin's answer on its way to the client or the cache. perf: its fields are plain data until {@link toResponse}, so
 * that the stages read and change them without crossing into the runtime.
 */
export class OriginReply {
  readonly status: number
  readonly statusText: string
  headers: FieldMap
  readonly #received: Response

  constructor(received: Response, headers: FieldMap = FieldMap.of(received.headers)) {
    this.#received = received
    this.status = received.status
    this.statusText = received.statusText
    this.headers = headers
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#received.body
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#received.arrayBuffer()
  }

  text(): Promise<string> {
    return this.#received.text()
  }

  /** The same answer with its body as text, which was read from it. */
  withText(text: string): OriginReply {
    return new OriginReply(this.#toResponse(text), this.headers)
  }

  toResponse(): Response {
    return this.#toResponse(this.#received.body)
  }

  #toResponse(body: BodyInit | null): Response {
    const { headers, status, statusText } = this
    return headers.toResponse(body, { status, statusText })
  }
}
