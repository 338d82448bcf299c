import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { MongoNetworkError } from 'mongodb'

/**
 * A repair of mongodb 7.9.0. `Connection.writeCommand` (lib/cmap/connection.js) writes to its socket and waits for
 * `drain` if the socket's buffer is full. A destroyed socket never drains: a command that is written after the server
 * has closed the connection, and before `close` is emitted, hangs for ever. `socketTimeoutMS` does not apply. This
 * affects everything written at that moment: commands of the pool; handshakes, which then hold one of the pool's few
 * permits to connect for good; and the monitor's `hello`, without which a server is never found again. An abort signal
 * could end only commands of the pool ({@link ./command-bounds.ts}), so the cause is repaired here.
 *
 * The class is not exported and is loaded by its path. `driver-repair.test.ts` fails when a new version of the driver
 * has moved it, or no longer needs the repair.
 */

interface DriverConnection {
  readonly socket: Socket
  onError(error: Error): void
}

type WriteCommand = (this: DriverConnection, command: unknown, options: unknown) => Promise<void>

interface DriverConnectionClass {
  readonly prototype: { writeCommand?: WriteCommand }
}

const marker = Symbol('repaired')

/** Makes a pending write fail when its socket is destroyed. A second call does nothing. */
export function repairDriver(): void {
  // The driver has no types for its internal modules. The cast lists the members used; the test checks that they exist.
  const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as {
    readonly Connection: DriverConnectionClass
  }
  const { prototype } = Connection
  const original = prototype.writeCommand
  if (original === undefined || marker in original) return
  prototype.writeCommand = Object.assign(endingWithSocket(original), { [marker]: true })
}

export function endingWithSocket(writeCommand: WriteCommand): WriteCommand {
  return function (command, options) {
    const { socket } = this
    if (socket.destroyed) {
      const error = closedError()
      this.onError(error)
      return Promise.reject(error)
    }
    const { promise: closed, reject } = Promise.withResolvers<never>()
    const onClose = (): void => reject(closedError())
    socket.once('close', onClose)
    const forget = (): void => void socket.removeListener('close', onClose)
    return Promise.race([writeCommand.call(this, command, options), closed]).finally(forget)
  }
}

const closedError = (): MongoNetworkError =>
  new MongoNetworkError('the connection was closed while a command was written to it')
