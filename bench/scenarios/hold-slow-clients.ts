import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Plan } from './plan.ts'
import type { SlowClients } from './scenario.ts'

/** Announced length of a slow client's body: more than it sends within a run. */
const promisedBytes = 100_000

export interface HeldSlowClients {
  /** Connections that are open now. */
  readonly open: number
  /** Connections that the target has closed, as it should do in the end. */
  readonly cutOff: number
  stop(): void
}

/** Clients that begin a request and then send single bytes (R. Hansen's slowloris, 2009, in the body). */
export function holdSlowClients(
  { target, operations }: Pick<Plan, 'target' | 'operations'>,
  { count, byteEveryMs }: SlowClients,
): HeldSlowClients {
  const url = new URL(target)
  // Any path works if nothing can be created: only the body is slow.
  const { path = '/' } = operations.find(({ kind }) => kind === 'create') ?? {}
  const sockets = new Set<Socket>()
  let cutOff = 0
  let isStopping = false

  const open = () => {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const options = { host: url.hostname.replace(/^\[|\]$/g, ''), port }
    const socket =
      url.protocol === 'https:' ? connectTls({ ...options, servername: url.hostname }) : connectTcp(options)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (!isStopping) cutOff++
    })
    // Answers are read; otherwise the kernel would close the connection in place of the target.
    socket.resume()
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\ncontent-length: ${promisedBytes}\r\n\r\n`,
    )
  }
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(' ')
    // Opens a few at a time: a listen queue is short.
    for (let i = 0; i < 500 && sockets.size < count; i++) open()
  }, byteEveryMs)
  for (let i = 0; i < Math.min(500, count); i++) open()

  return {
    get open() {
      return sockets.size
    },
    get cutOff() {
      return cutOff
    },
    stop() {
      isStopping = true
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
    },
  }
}
