import { createServer } from 'node:http'
import { freePort } from '@spillway/origin/dev/ports'

export interface ControlStore {
  readonly port: number
  /** Questions that it has answered. */
  readonly asked: number
  stop(): Promise<void>
}

/**
 * An empty KV namespace, as workerd asks for it: `GET /KEY` for a value, `GET /?prefix=…` for a list of keys
 * (workerd, `src/workerd/api/kv.c++`).
 */
export async function startControlStore(): Promise<ControlStore> {
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    const isList = request.url?.startsWith('/?') === true
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' })
    response.end(isList ? JSON.stringify({ keys: [], list_complete: true, cacheStatus: null }) : '')
  })
  const port = await freePort()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port,
    get asked() {
      return asked
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
