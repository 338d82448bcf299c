/** Program: stands in for Cloudflare between edge and connector, as far as `cloudflared --protocol http2` needs it. */
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:tls'
import { portOf } from '@spillway/origin/dev/ports'
import { Connections } from './connections.ts'
import { forward } from './forward.ts'

/** Messages to the parent. */
export type StandInMessage =
  | { readonly kind: 'listening'; readonly httpPort: number; readonly edgePorts: readonly number[] }
  | { readonly kind: 'registered'; readonly count: number }

const [certificateFile = '', keyFile = '', addresses = '4'] = process.argv.slice(2)
const tell = (message: StandInMessage) => process.send?.(message)

const connections = new Connections()
const front = createHttpServer((request, response) => {
  const session = connections.next()
  if (session !== undefined) forward(session, request, response)
  else response.writeHead(530).end()
})
front.keepAliveTimeout = 600_000

/** A connector makes one connection to each address, four by default. */
const edges = Array.from({ length: Number(addresses) }, () =>
  createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (socket) => {
    socket.setNoDelay(true)
    connections.add(socket, () => tell({ kind: 'registered', count: connections.count }))
  }),
)
for (const server of [front, ...edges]) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
tell({ kind: 'listening', httpPort: portOf(front), edgePorts: edges.map(portOf) })
process.once('disconnect', () => process.exit())
