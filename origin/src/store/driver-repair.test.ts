import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fateOf } from './database-error.ts'
import { endingWithSocket, repairDriver } from './driver-repair.ts'

/** The driver's internal class: see `driver-repair.ts`. */
type Write = (
  this: { readonly socket: Socket; onError(error: Error): void },
  ...parts: never[]
) => Promise<void>
const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as {
  readonly Connection: { readonly prototype: { writeCommand: Write } }
}
const unrepaired = Connection.prototype.writeCommand

const server = createServer((socket) => socket.on('error', () => {}).resume())
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

/** A connection of the driver, and a command of one byte. */
async function connection() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const errors: Error[] = []
  return { socket, errors, self: { socket, onError: (error: Error) => void errors.push(error) } }
}
const command = { toBin: async () => [new Uint8Array(1)] }
const options = { agreedCompressor: 'none' }
const write = (writeCommand: Write, self: ThisParameterType<Write>): Promise<unknown> =>
  writeCommand.call(self, command as never, options as never).then(
    () => 'written',
    (error: unknown) => error,
  )

it('without the repair, the driver waits for ever for a destroyed socket', async () => {
  const { socket, self } = await connection()
  socket.destroy()
  const outcome = write(unrepaired, self)
  await once(socket, 'close')
  // Lets everything that follows from closing the socket happen.
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(await Promise.race([outcome, 'waiting'])).toBe('waiting')
})

describe('repaired', () => {
  const repaired = endingWithSocket(unrepaired as never) as Write

  it('a destroyed socket ends the command, as lost, and the connection', async () => {
    const { socket, self, errors } = await connection()
    socket.destroy()
    const error = await write(repaired, self)
    expect(fateOf(error)).toBe('lost')
    expect(errors).toEqual([error])
  })

  it('a socket that is destroyed while the command is serialized ends it, too', async () => {
    const { socket, self } = await connection()
    const outcome = write(repaired, self)
    socket.destroy()
    expect(fateOf(await outcome)).toBe('lost')
  })

  it('a normal command is written, and leaves no listener behind', async () => {
    const { socket, self } = await connection()
    const before = socket.listenerCount('close')
    expect(await write(repaired, self)).toBe('written')
    expect(socket.listenerCount('close')).toBe(before)
    socket.destroy()
  })
})

it('is applied once, to the class that the driver uses', () => {
  repairDriver()
  const { writeCommand } = Connection.prototype
  expect(writeCommand).not.toBe(unrepaired)
  repairDriver()
  expect(Connection.prototype.writeCommand).toBe(writeCommand)
})
