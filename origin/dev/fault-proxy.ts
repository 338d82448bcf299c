import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './ports.ts'

/**
 * Faults of the proxy.
 * - `pass`: none; bytes are forwarded.
 * - `stall`: connections open, and no bytes are forwarded until the fault changes.
 * - `reset`: connections are reset (RST), open ones at once and new ones when they are made.
 * - `cut`: open connections are reset, and new ones refused.
 * - `mute`: bytes of a caller are delivered, and the connection is reset instead of an answer.
 */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'mute' }

export interface FaultProxy {
  readonly port: number
  /** Connections accepted since the start. */
  readonly accepted: number
  apply(fault: Fault): Promise<void>
  stop(): Promise<void>
}

const host = '127.0.0.1'

/** A TCP proxy between two local processes, with faults that can be switched at run time. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const links = new Set<Link>()
  let fault: Fault = { kind: 'pass' }
  let accepted = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted++
    if (fault.kind === 'reset') {
      socket.on('error', () => {})
      socket.resetAndDestroy()
      return
    }
    const link = new Link(
      socket,
      createConnection({ port: targetPort, host, allowHalfOpen: true, noDelay: true }),
    )
    links.add(link)
    link.apply(fault)
    link.onClose = () => links.delete(link)
  })
  // A fault closes it and opens it again.
  const port = await listen(server, await freePort())

  const resetAll = () => {
    for (const link of links) link.reset()
  }
  return {
    port,
    get accepted() {
      return accepted
    },
    async apply(next) {
      fault = next
      if (next.kind === 'reset' || next.kind === 'cut') resetAll()
      if (next.kind === 'cut' && server.listening) await close(server)
      if (next.kind !== 'cut' && !server.listening) await listen(server, port)
      for (const link of links) link.apply(next)
    },
    async stop() {
      resetAll()
      if (server.listening) await close(server)
    },
  }
}

/** One connection through the proxy: the caller's socket and that of the target. */
class Link {
  onClose = () => {}
  readonly #caller: Socket
  readonly #target: Socket
  #fault: Fault = { kind: 'pass' }

  constructor(caller: Socket, target: Socket) {
    this.#caller = caller
    this.#target = target
    this.#carry(caller, target)
    this.#carry(target, caller)
  }

  apply(fault: Fault): void {
    this.#fault = fault
    for (const socket of [this.#caller, this.#target]) {
      if (fault.kind === 'stall') socket.pause()
      else socket.resume()
    }
  }

  reset(): void {
    for (const socket of [this.#caller, this.#target]) socket.resetAndDestroy()
  }

  #carry(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (this.#fault.kind === 'mute' && from === this.#target) return this.reset()
      if (to.destroyed || to.write(chunk)) return
      from.pause()
      to.once('drain', () => {
        if (this.#fault.kind !== 'stall') from.resume()
      })
    })
    from.on('end', () => to.end())
    from.on('error', () => to.resetAndDestroy())
    from.on('close', (hadError) => {
      if (hadError) to.resetAndDestroy()
      if (to.destroyed) this.onClose()
    })
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.removeListener('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('no port'))
      resolve(address.port)
    })
  })
}

const close = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))
