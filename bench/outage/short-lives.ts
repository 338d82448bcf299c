import { type ClientRequest, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { edgeCacheControl } from '@spillway/origin/contract'
import { portOf } from '@spillway/origin/dev/ports'

/** Seconds, as in RFC 9111 §5.2.2.1 and RFC 5861. */
export interface Lifetime {
  readonly maxAge: number
  readonly staleWhileRevalidate: number
  readonly staleIfError: number
}

/** Age up to which an answer with this lifetime may be served instead of an error (RFC 5861 §4). */
export const usableSeconds = ({ maxAge, staleIfError }: Lifetime): number => maxAge + staleIfError

export interface ShortLives {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Proxy between edge and origin that shortens the lifetimes of documents, so that effects of a day appear in seconds.
 * It passes everything else unchanged. While the origin is unreachable, so is the proxy.
 *
 * @param lifetimeOf by id of any resource; `undefined`: the origin's own
 */
export async function startShortLives(
  originPort: () => number,
  lifetimeOf: (id: string) => Lifetime | undefined,
): Promise<ShortLives> {
  const server = createServer((incoming, answer) => {
    const onward: ClientRequest = httpRequest(
      {
        port: originPort(),
        host: '127.0.0.1',
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
      (response: IncomingMessage) => {
        const id = /^\/v\d+\/[^/?]+\/([^/?]+)/.exec(incoming.url ?? '')?.[1]
        const lifetime = id === undefined ? undefined : lifetimeOf(id)
        const fields = { ...response.headers }
        const status = response.statusCode ?? 502
        // A 304 renews the lifetime as well (RFC 9111 §3.2).
        if (lifetime !== undefined && (status === 200 || status === 304)) {
          fields[edgeCacheControl] = written(lifetime)
        }
        answer.writeHead(status, fields)
        response.pipe(answer)
        response.on('error', () => answer.destroy())
      },
    )
    onward.on('error', () => incoming.socket.destroy())
    incoming.on('error', () => onward.destroy())
    answer.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const written = ({ maxAge, staleWhileRevalidate, staleIfError }: Lifetime): string =>
  `max-age=${maxAge}, stale-while-revalidate=${staleWhileRevalidate}, stale-if-error=${staleIfError}`
