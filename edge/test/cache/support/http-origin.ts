import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real origin on a free port of 127.0.0.1 that counts its requests. */
export interface HttpOrigin {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  stop(): Promise<void>
}

export async function startHttpOrigin(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => unknown,
): Promise<HttpOrigin> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response, requests.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
