import { headers as names } from '@spillway/origin/contract'
import type { Answer, Exchange, Operation, ResourceName } from './exchange.ts'
import { nowMs, type Received, type Tamper, type Transport, versionOf } from './transport.ts'

/** Carrier of a session's consistency token: a cookie jar, a header field, or none. */
export type TokenMode = 'jar' | 'field' | 'none'

export interface SessionOptions {
  readonly name: string
  readonly tokens: TokenMode
  /** Headers with the caller's credentials. */
  readonly credentials: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
}

/** Recorder of all exchanges of a run. */
export interface Recorder {
  readonly exchanges: Exchange[]
  readonly transport: Transport
  readonly tamper: Tamper | undefined
}

/** A base URL for requests. */
export interface Via {
  readonly name: string
  readonly url: string
}

export interface Asked {
  readonly via: Via
  readonly operation: Operation
  readonly resource: ResourceName
  readonly path: string
  readonly documentId?: string
  readonly body?: unknown
  readonly marker?: string
  readonly markers?: readonly string[]
  readonly key?: string
  /** Last known entity tag, for If-Match. */
  readonly ifMatch?: string
}

const methods = {
  create: 'POST',
  batch: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  read: 'GET',
  list: 'GET',
} as const satisfies Record<Operation, string>

const consistencyField = 'spillway-consistency'

/** One caller with its own cookie jar, its own copy of the consistency token, or neither. */
export class Session {
  readonly name: string
  readonly #options: SessionOptions
  readonly #recorder: Recorder
  readonly #cookies = new Map<string, string>()
  /** Headers to send: the last token, or several after writes in parallel. */
  #tokens: readonly string[] = []

  constructor(options: SessionOptions, recorder: Recorder) {
    this.name = options.name
    this.#options = options
    this.#recorder = recorder
  }

  /** Sends one request, and records it with its outcome. */
  async ask(asked: Asked): Promise<Answer | undefined> {
    const { via, operation, resource, path, body, ifMatch: etag, ...rest } = asked
    const ifMatch = versionOf(etag)
    const { exchanges, transport, tamper } = this.#recorder
    const isDirect = via.name.startsWith('origin')
    const sent = {
      number: 0,
      session: this.name,
      hasToken: this.#options.tokens !== 'none' && !isDirect,
      via: via.name,
      resource,
      operation,
      ...rest,
      ...(ifMatch !== undefined && { ifMatch }),
    }
    const headers = { ...(await this.#options.credentials()), ...this.#fields(asked, isDirect) }
    const sentTokens = this.#tokens
    const startMs = nowMs()
    let received: Received | undefined
    let failure: string | undefined
    try {
      const sending = {
        url: via.url + path,
        method: methods[operation],
        headers,
        ...(body !== undefined && { body }),
      }
      received = await transport.send(sending, resource)
    } catch (error) {
      failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    }
    const endMs = nowMs()
    if (received !== undefined && !isDirect) this.#keep(received, sentTokens)
    const answer =
      received === undefined || tamper === undefined
        ? received?.answer
        : tamper({ ...sent, startMs }, received.answer)
    const number = exchanges.length + 1
    exchanges.push({ ...sent, number, startMs, endMs, answer, ...(failure !== undefined && { failure }) })
    return answer
  }

  #fields({ operation, body, key, ifMatch }: Asked, isDirect: boolean): Record<string, string> {
    const contentType = operation === 'patch' ? 'application/merge-patch+json' : 'application/json'
    const { tokens } = this.#options
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return {
      ...(body !== undefined && { 'content-type': contentType }),
      ...(key !== undefined && { [names.idempotencyKey]: `"${key}"` }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(tokens === 'field' &&
        this.#tokens.length > 0 &&
        !isDirect && { [consistencyField]: this.#tokens.join(', ') }),
      ...(tokens === 'jar' && cookie !== '' && !isDirect && { cookie }),
    }
  }

  #keep({ headers }: Received, sentTokens: readonly string[]): void {
    const token = headers[consistencyField]
    if (typeof token === 'string') {
      // The new token contains the tokens of the request. Tokens that arrived meanwhile are kept beside it.
      this.#tokens = [...this.#tokens.filter((kept) => !sentTokens.includes(kept)), token]
    }
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (at > 0) this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
  }
}
