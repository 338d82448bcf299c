import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { freePort } from '@spillway/origin/dev/ports'

/** A request as the origin received it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values as sent, in order. */
  readonly rawHeaders: readonly string[]
  /** Resolves when the body is complete; rejects when it breaks off. */
  readonly body: Promise<string>
  /** Resolves when the connection closes before the answer is complete. */
  readonly aborted: Promise<void>
}

export type Script = (seen: SeenRequest, response: ServerResponse, count: number) => void | Promise<void>

/** A real HTTP origin on a free port, with scripted answers and a request counter. */
export interface ScriptedOrigin {
  readonly url: string
  readonly seen: readonly SeenRequest[]
  readonly requests: number
  answer(script: Script): void
  /** Refuses connections until {@link start}: the port stays the same. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** A stored answer as the real origin sends it. */
export const storable =
  (body: unknown, headers: Readonly<Record<string, string>> = {}): Script =>
  (_seen, response) => {
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, no-cache',
      'cdn-cache-control': 'max-age=30, stale-while-revalidate=300, stale-if-error=86400',
      'cache-tag': 'places:1,places:*',
      'spillway-load': 'u=0.10, q=0, s=0.000',
      etag: '"1"',
      ...headers,
    })
    response.end(JSON.stringify(body))
  }

export async function startScriptedOrigin(): Promise<ScriptedOrigin> {
  let script: Script = storable({ id: '1' })
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (request, response) => {
    const record = see(request, response)
    seen.push(record)
    try {
      await script(record, response, seen.length)
    } catch (error) {
      response.destroy(error as Error)
    }
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  const port = await listen(await freePort())
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    get requests() {
      return seen.length
    },
    answer(next) {
      script = next
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      if (!server.listening) await listen(port)
    },
  }
}

function see(request: IncomingMessage, response: ServerResponse): SeenRequest {
  const { method = '', url = '', headers, rawHeaders } = request
  const body = new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })
  body.catch(() => undefined)
  const aborted = new Promise<void>((resolve) => {
    response.on('close', () => {
      if (!response.writableFinished) resolve()
    })
  })
  return { method, url, headers, rawHeaders, body, aborted }
}
