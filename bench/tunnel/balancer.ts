import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { portOf } from '@spillway/origin/dev/ports'
import type { Certificate } from '../measure/certificate.ts'

export interface Balancer {
  readonly url: string
  stop(): Promise<void>
}

/** Ends TLS in front of the origin, as the balancer does, and passes the bytes on. */
export async function startBalancer(origin: string, { files }: Certificate): Promise<Balancer> {
  const port = Number(new URL(origin).port)
  const open = new Set<Socket>()
  const [cert, key] = files.map((file) => readFileSync(file))
  const server = createServer({ cert, key }, (client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.setNoDelay(true)
      one.on('error', () => other.destroy())
      one.once('close', () => open.delete(one))
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${portOf(server)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
