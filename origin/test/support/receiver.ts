import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

/** A webhook that has arrived. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of it and compare.
  readonly json: any
}

export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** Connections that were made. */
  readonly connections: () => number
  stop(): Promise<void>
}

/** Receives webhooks on loopback. @param answer ends the response; by default 204 */
export async function startReceiver(
  answer: (one: Received, response: ServerResponse) => void = (_one, response) =>
    void response.writeHead(204).end(),
): Promise<Receiver> {
  const received: Received[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const one = { headers: request.headers, body, json: JSON.parse(body) }
    received.push(one)
    answer(one, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The cast is safe: the server listens on TCP.
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    connections: () => connections,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Signatures of a webhook that a secret makes, as a receiver checks them. */
export function isSignedBy({ headers, body }: Received, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const wanted = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
  return String(signatures).split(' ').includes(`v1,${wanted}`)
}
