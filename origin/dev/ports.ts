import { randomInt } from 'node:crypto'
import { type AddressInfo, createServer, type Server } from 'node:net'

const host = '127.0.0.1'

/** Whether nothing listens on the port of the loopback interface. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * Ports that no system gives to outgoing connections (Linux from 32768 on, macOS and Windows from 49152): such a
 * connection could take a free port before it is used, or that of a server that is being restarted.
 */
const [firstPort, lastPort] = [20_000, 32_000]
const given = new Set<number>()

/**
 * A port that was free a moment ago. Another process may take it before it is used, so callers that can listen on port
 * 0, and do not listen there again, should do that instead. No two calls of a process are given the same one.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    // Not one after the other: two processes that do so near each other would meet again and again.
    const port = randomInt(firstPort, lastPort)
    if (given.has(port)) continue
    given.add(port)
    if (await isPortFree(port)) return port
  }
}

/** Port of a server that listens on one. The cast is safe: only a server on a pipe has a text, and a closed one nothing. */
export const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port
