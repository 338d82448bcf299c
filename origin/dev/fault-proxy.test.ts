import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** Echoes every chunk, and records it. */
let target: Server
let received: string
let proxy: FaultProxy
const callers: Socket[] = []

beforeEach(async () => {
  received = ''
  target = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk
      socket.write(chunk)
    })
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  proxy = await startFaultProxy(targetPort())
})

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.destroy()
  await proxy.stop()
  target.close()
})

test('passes bytes both ways and counts connections', async () => {
  const caller = await connect()
  caller.write('ping')

  expect(await text(caller, 4)).toBe('ping')
  expect(proxy.accepted).toBe(1)
})

test('a stall holds bytes back until it ends', async () => {
  const caller = await connect()
  await proxy.apply({ kind: 'stall' })
  caller.write('held')
  const direct = await connect(targetPort())
  direct.write('direct')
  await text(direct, 6)
  expect(received).toBe('direct')

  await proxy.apply({ kind: 'pass' })
  expect(await text(caller, 4)).toBe('held')
})

test('a reset ends open connections and new ones with ECONNRESET', async () => {
  const before = await connect()
  before.write('x')
  await text(before, 1)
  await proxy.apply({ kind: 'reset' })
  expect(await failure(before)).toBe('ECONNRESET')

  expect(await failure(dial(proxy.port))).toBe('ECONNRESET')
})

test('a cut refuses connections on the port until it ends', async () => {
  await proxy.apply({ kind: 'cut' })
  expect(await failure(dial(proxy.port))).toBe('ECONNREFUSED')

  await proxy.apply({ kind: 'pass' })
  const caller = await connect()
  caller.write('back')
  expect(await text(caller, 4)).toBe('back')
})

test('a mute delivers a request and resets the connection instead of answering', async () => {
  const caller = await connect()
  await proxy.apply({ kind: 'mute' })
  caller.write('done')

  expect(await failure(caller)).toBe('ECONNRESET')
  expect(received).toBe('done')
})

async function connect(port = proxy.port): Promise<Socket> {
  const socket = dial(port)
  await once(socket, 'connect')
  return socket
}

function dial(port: number): Socket {
  const socket = createConnection(port, '127.0.0.1')
  // `failure` checks the error; without a listener it would be uncaught.
  socket.on('error', () => {})
  callers.push(socket)
  return socket
}

async function text(socket: Socket, length: number): Promise<string> {
  let all = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    all += chunk
    if (all.length >= length) break
  }
  return all
}

async function failure(socket: Socket): Promise<string | undefined> {
  await expect.poll(() => socket.errored, { timeout: 60_000 }).not.toBeNull()
  return (socket.errored as NodeJS.ErrnoException).code
}

const targetPort = (): number => (target.address() as AddressInfo).port
