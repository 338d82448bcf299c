import { FieldMap } from '../lib/field-map.ts'

/** Bounds the wait for a body; rejects when it takes too long. */
export type Within = <T>(reading: Promise<T>) => Promise<T>

export interface ReplyParts {
  /** @default the response's own */
  readonly headers?: FieldMap
  /** @default the wait has no bound */
  readonly within?: Within
}

const always: Within = (reading) => reading

/**
 * An origin's answer on its way to the client or the cache. perf: its fields are plain data until {@link toResponse},
 * so that the stages read and change them without crossing into the runtime.
 */
export class OriginReply {
  readonly within: Within
  readonly status: number
  readonly statusText: string
  headers: FieldMap
  readonly #received: Response

  constructor(
    received: Response,
    { headers = FieldMap.of(received.headers), within = always }: ReplyParts = {},
  ) {
    this.#received = received
    this.within = within
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
    return this.within(this.#received.arrayBuffer())
  }

  text(): Promise<string> {
    return this.within(this.#received.text())
  }

  /** The same answer with its body as text, which was read from it. */
  withText(text: string): OriginReply {
    return new OriginReply(this.#toResponse(text), { headers: this.headers })
  }

  toResponse(): Response {
    return this.#toResponse(this.#received.body)
  }

  #toResponse(body: BodyInit | null): Response {
    const { headers, status, statusText } = this
    return headers.toResponse(body, { status, statusText })
  }
}
