import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { portOf } from '@spillway/origin/dev/ports'

/** Token of the canary. */
export const canaryToken = 'token-of-the-canary'

interface Stored {
  readonly owner: string
  document: Record<string, unknown>
  version: number
}

/**
 * An API behind the Worker, on loopback: as much as the canary asks for. The version that answers is the one that a
 * request names if it has traffic, and the one with the most traffic otherwise, as at Cloudflare.
 */
export class FakeEdge {
  /** Whether a version, or the origins behind it, cannot change documents. */
  isBroken: (version: string) => boolean = () => false
  /** Versions that have answered. */
  readonly answeredBy: string[] = []
  readonly #documents = new Map<string, Stored>()
  readonly #server: Server
  readonly #worker: string
  readonly #live: () => Readonly<Record<string, number>>

  private constructor(server: Server, worker: string, live: () => Readonly<Record<string, number>>) {
    this.#server = server
    this.#worker = worker
    this.#live = live
  }

  /** @param live shares of the traffic by version */
  static async start(worker: string, live: () => Readonly<Record<string, number>>): Promise<FakeEdge> {
    const server = createServer()
    const edge = new FakeEdge(server, worker, live)
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { status, body, etag } = edge.#answer(request, Buffer.concat(chunks).toString())
      response.writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        ...(etag !== undefined && { etag }),
      })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    })
    await listenOnLoopback(server)
    return edge
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`
  }

  close(): Promise<void> {
    return endServer(this.#server)
  }

  #answer(request: IncomingMessage, text: string): Answer {
    const version = this.#versionFor(String(request.headers['cloudflare-workers-version-overrides'] ?? ''))
    this.answeredBy.push(version)
    const owner = request.headers.authorization
    if (owner === undefined) return problem(401, 'unauthenticated')
    const [, , , id] = (request.url ?? '').split(/[/?]/)
    const stored = id === undefined || id === '' ? undefined : this.#documents.get(id)
    const match = request.headers['if-match']
    switch (request.method) {
      case 'POST': {
        const made = { owner, document: { ...JSON.parse(text), id: randomUUID() }, version: 1 }
        this.#documents.set(made.document.id, made)
        return shown(201, made)
      }
      case 'GET':
        if (request.url?.includes('?')) return { status: 200, body: { items: this.#of(owner) } }
        return stored === undefined ? problem(404, 'not-found') : shown(200, stored)
      case 'PATCH':
        if (this.isBroken(version)) return problem(500, 'internal')
        if (stored === undefined) return problem(404, 'not-found')
        if (match !== `"${stored.version}"`) return problem(412, 'precondition-failed')
        Object.assign(stored.document, JSON.parse(text))
        stored.version += 1
        return shown(200, stored)
      case 'DELETE':
        this.#documents.delete(id ?? '')
        return { status: 204 }
      default:
        return problem(405, 'method-not-allowed')
    }
  }

  #of(owner: string): readonly object[] {
    return [...this.#documents.values()].filter((one) => one.owner === owner).map(({ document }) => document)
  }

  #versionFor(override: string): string {
    const live = this.#live()
    const [, worker, asked = ''] = /^([\w-]+)="([0-9a-f-]{36})"$/.exec(override) ?? []
    if (worker === this.#worker && asked in live) return asked
    return Object.entries(live).toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ''
  }
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly etag?: string
}

const shown = (status: number, { document, version }: Stored): Answer => ({
  ...{ status, body: document, etag: `"${version}"` },
})

const problem = (status: number, code: string): Answer => ({
  status,
  body: { ...{ type: code, title: code, status, detail: code, code }, retryable: false, requestId: 'r' },
})
