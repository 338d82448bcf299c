import { createServer } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'

/** Accepts spans by OTLP/HTTP and forgets them. It runs in the bench's process, whose CPU is not the edge's. */
export async function startSpanReceiver(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  const url = await listenOnLoopback(server)
  return { url, stop: () => endServer(server) }
}
