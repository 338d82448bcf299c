import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { portOf } from '@spillway/origin/dev/ports'
import handleConfig from 'http-cache-tests/server/handle-config.mjs'
import handleState from 'http-cache-tests/server/handle-state.mjs'
import handleTest from 'http-cache-tests/server/handle-test.mjs'

export interface SuiteOrigin {
  readonly url: string
  stop(): Promise<void>
}

type Handler = (path: string[], request: IncomingMessage, response: ServerResponse) => void

const handlers: Readonly<Record<string, Handler>> = {
  config: handleConfig,
  state: handleState,
  test: handleTest,
}

/**
 * The suite's own test server. Its start script listens on every address and a fixed port; the same handlers are served
 * here on 127.0.0.1 and a free one.
 */
export async function startSuiteOrigin(): Promise<SuiteOrigin> {
  const server = createServer((request, response) => {
    const [first = '', ...rest] = new URL(request.url ?? '/', 'http://127.0.0.1').pathname.split('/').slice(1)
    const handler = handlers[first]
    if (handler === undefined) response.writeHead(404).end()
    else handler(rest, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
